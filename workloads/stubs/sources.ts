// What the build compiles: files of statements, made by rule, and the script that compiles them.
import { textFile } from '../../toolchain/disk/definition.js';
import type { Entry } from '../../toolchain/disk/tree.js';

const FILES = 24;
const STATEMENTS = 60;
/** Declared to the compiler in every unit, as headers are. */
const PRELUDE = Array.from({ length: 20 }, (_, i) => `shared_${letter(i)} = ${i} * 3 + ${i};`).join('\n');

function letter(i: number): string {
  return String.fromCharCode(97 + (i % 26));
}

/** Statements over a few names, of growing depth, with constants to fold. */
function source(file: number): string {
  const lines: string[] = [];
  for (let i = 0; i < STATEMENTS; i++) {
    const a = `v_${letter(i)}`;
    const b = `v_${letter(i * 7 + file)}`;
    const shared = `shared_${letter(i % 20)}`;
    const constant = `(${(i * 37 + file) % 100} + ${file % 9} * (${i % 11} - ${i % 3}))`;
    lines.push(`${a} = (${b} + ${shared}) * ${constant} + ${a} * 1 - (${shared} + 0) * ${i};`);
    if (i % 10 === 9) lines.push(`${a} = ${a};`);
  }
  return `${lines.join('\n')}\n`;
}

const script = `cd /src
for f in *.e; do
  cc prelude $f -o /data/$f.o || exit 1
done
cat /data/*.o > /data/program
rm /data/*.o
wc /data/program > /data/size
`;

export const sources: Entry[] = [
  textFile('/src/prelude', `${PRELUDE}\n`),
  textFile('/src/build.sh', script),
  ...Array.from({ length: FILES }, (_, i) => textFile(`/src/unit-${letter(i)}.e`, source(i))),
];
