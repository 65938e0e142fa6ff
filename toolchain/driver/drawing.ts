// Layout drawings: bit fields as manuals draw them. Names stand between bars, and above each name, within its bars, the
// number of its bit or of its highest and lowest bit:
//
//     31        12 11       9  8  7 ...
//    |   frame    | available | g | ...
//
// A drawing of several rows has the numbers above each row. A row shows every bit from its first to its last; a name of `-`
// or `0` is reserved, and gets no field.

export interface Bit {
  readonly name: string;
  readonly high: number;
  readonly low: number;
}

const WIDTH = 32;

export const isNamed = ({ name }: Bit): boolean => name !== '-' && name !== '0';

/** All bits, those without a name too: they say how large the number is. @throws Error that says what is wrong with the drawing */
export function parseDrawing(text: string): Bit[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const bits: Bit[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) bits.push(...parseRow(lines[i], lines[i + 1]));
  if (lines.length === 0 || lines.length % 2 !== 0)
    throw new Error('a drawing is pairs of lines: numbers of bits, and below them names between bars');
  for (const [i, b] of bits.entries()) {
    const other = bits.slice(0, i).find((o) => o.low <= b.high && b.low <= o.high);
    if (other) throw new Error(`in the drawing, '${b.name}' and '${other.name}' share a bit`);
    if (isNamed(b) && bits.slice(0, i).some((o) => o.name === b.name))
      throw new Error(`in the drawing, '${b.name}' stands twice`);
    if (b.high >= WIDTH) throw new Error(`in the drawing, '${b.name}' reaches bit ${b.high}; there are ${WIDTH}`);
  }
  return bits;
}

function parseRow(numbers: string, names: string): Bit[] {
  const bars = [...names.matchAll(/\|/g)].map((m) => m.index);
  if (bars.length < 2) throw new Error(`in the drawing, no names between bars: ${names.trim()}`);
  const found = [...numbers.matchAll(/\d+/g)].map((m) => ({
    value: Number(m[0]),
    middle: m.index + (m[0].length - 1) / 2,
  }));
  const astray = found.find(
    ({ middle }) => middle < bars[0] || middle > (bars.at(-1) as number) || bars.includes(middle),
  );
  if (astray) throw new Error(`in the drawing, ${astray.value} stands above no name`);
  const row = bars.slice(0, -1).map((left, i) => {
    const name = names.slice(left + 1, bars[i + 1]).trim();
    const own = found.filter(({ middle }) => middle > left && middle < bars[i + 1]).map(({ value }) => value);
    if (own.length < 1 || own.length > 2)
      throw new Error(`in the drawing, above '${name}' must stand its bit, or its highest and lowest bit`);
    if (!/^([A-Za-z_]\w*|-|0)$/.test(name)) throw new Error(`in the drawing, '${name}' is no name`);
    return { name, high: Math.max(...own), low: Math.min(...own) };
  });
  for (const [i, { name, high }] of row.slice(1).entries())
    if (high !== row[i].low - 1)
      throw new Error(
        `in the drawing, '${name}' begins at bit ${high} and not at ${row[i].low - 1}, where '${row[i].name}' leaves off ` +
          '(bits without a meaning are called -)',
      );
  return row;
}
