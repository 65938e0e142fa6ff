// Trees to bytes: a batch as a WebAssembly module that exports `run`, and to the text format.
//
// `run` fills the area, sets the globals, calls a program with each of its sets of arguments and stores what it
// returns; then it copies the area behind the results. So programs do not depend on each other.
import {
  AREA,
  BASE,
  type Batch,
  constant,
  EXPECTATIONS,
  FUEL,
  type FunctionTree,
  functionIndex,
  GLOBALS,
  type Node,
  type Program,
  plain,
  RECORD,
  RECURSIONS,
  RESULTS,
  type Result,
  SETS,
  SIGNATURES,
  type Signature,
  TABLE,
  type Type,
  unsigned,
} from './program.js';

const CODE = { i32: 0x7f, i64: 0x7e, void: 0x40 };

const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, body: number[]): number[] => [id, ...unsigned(body.length), ...body];

/** Appends a node's bytes. */
function encode(node: Node, labels: readonly number[], out: number[]): void {
  for (const kid of node.kids) encode(kid, labels, out);
  out.push(...node.code);
  if (node.bodies) {
    out.push(CODE[node.type]);
    const inside = [...labels, node.label as number];
    for (const [i, body] of node.bodies.entries()) {
      if (i > 0) out.push(0x05);
      for (const inner of body) encode(inner, inside, out);
    }
    out.push(0x0b);
  } else if (node.targets) {
    const depths = node.targets.map((target) => {
      const at = labels.lastIndexOf(target);
      if (at < 0) throw new RangeError(`branch to label ${target}, which does not enclose it`);
      return labels.length - 1 - at;
    });
    if (node.text === 'br_table') out.push(...unsigned(depths.length - 1));
    for (const depth of depths) out.push(...unsigned(depth));
  }
}

function functionBytes({ locals, body }: Pick<FunctionTree, 'locals' | 'body'>): number[] {
  const code = vector(locals.map((t) => [1, CODE[t]]));
  for (const node of body) encode(node, [], code);
  code.push(0x0b);
  return [...unsigned(code.length), ...code];
}

/** The i-th program is function helpers.length + i. */
function runBody({ helpers, programs }: Batch): Node[] {
  return programs.flatMap((program, i) => {
    const place = RESULTS + RECORD * i;
    const set = (type: Type, g: number, value: number) =>
      plain('void', `global.set ${g}`, [0x24, g], constant(type, value));
    const reset = [...GLOBALS.map((type, g) => set(type, g, 7 + g)), set('i32', FUEL, RECURSIONS)];
    const pattern = constant('i32', 0x5a + i);
    const fill = plain('void', 'memory.fill', [0xfc, 11, 0], constant('i32', BASE), pattern, constant('i32', AREA));
    const calls = program.arguments.map((values, n) =>
      callAndStore(program, helpers.length + i, values, place + 8 * n),
    );
    const [to, from, size] = [place + 8 * SETS, BASE, AREA].map((v) => constant('i32', v));
    return [fill, ...reset, ...calls, plain('void', 'memory.copy', [0xfc, 10, 0, 0], to, from, size)];
  });
}

function callAndStore({ signature }: Program, n: number, values: bigint[], place: number): Node {
  const index = functionIndex(n);
  const args = values.map((v, i) => constant(signature.params[i], v));
  const call = plain(signature.result, `call ${index}`, [0x10, ...unsigned(index)], ...args);
  const store = signature.result === 'i32' ? 0x36 : 0x37;
  return plain('void', `${signature.result}.store`, [store, 0, 0], constant('i32', place), call);
}

export function moduleBytes(batch: Batch): Uint8Array {
  const functions: FunctionTree[] = [...batch.helpers, ...batch.programs];
  const types: { params: readonly Type[]; result: Result }[] = [...SIGNATURES];
  const typeOf = ({ params, result }: { params: readonly Type[]; result: Result }): number[] => {
    const found = types.findIndex((t) => t.params.join() === params.join() && t.result === result);
    return unsigned(found >= 0 ? found : types.push({ params, result }) - 1);
  };
  const run = typeOf({ params: [], result: 'void' });
  const expectation = typeOf({ params: ['i32'], result: 'i32' });
  const own = functions.map(({ signature }) => typeOf(signature));
  const typeBytes = ({ params, result }: { params: readonly Type[]; result: Result }) => [
    0x60,
    ...vector(params.map((t) => [CODE[t]])),
    ...(result === 'void' ? [0] : [1, CODE[result]]),
  ];
  const text = (s: string) => [...unsigned(s.length), ...new TextEncoder().encode(s)];
  const zero = constant('i32', 0).code;
  const globals = [...GLOBALS, 'i32' as const].map((t) => [CODE[t], 1, ...constant(t, 0).code, 0x0b]);
  const memory = [...text('env'), ...text('memory'), 2, 0, ...unsigned(1)];
  const imports = EXPECTATIONS.map((name) => [...text('x86'), ...text(name), 0, ...expectation]);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types.map(typeBytes))),
    ...section(2, vector([memory, ...imports])),
    ...section(3, vector([...own, run])),
    ...section(4, vector([[0x70, 0, TABLE.length]])),
    ...section(6, vector(globals)),
    ...section(7, vector([[...text('run'), 0, ...unsigned(functionIndex(functions.length))]])),
    ...section(9, vector([[0, ...zero, 0x0b, ...vector(TABLE.map((f) => [functionIndex(f)]))]])),
    ...section(10, vector([...functions.map(functionBytes), functionBytes({ locals: [], body: runBody(batch) })])),
  ]);
}

/** Where the results of a batch of `count` programs end. */
export const endOfResults = (count: number): number => RESULTS + RECORD * count;

// The text format

function print(node: Node, indent: string): string {
  const targets = node.targets?.map((t) => ` $l${t}`).join('') ?? '';
  const inner = `${indent}  `;
  const kids = node.kids.map((k) => `\n${print(k, inner)}`).join('');
  const label = node.bodies ? ` $l${node.label}` : '';
  const result = node.bodies && node.type !== 'void' ? ` (result ${node.type})` : '';
  const lists = (node.bodies ?? []).map((body) => body.map((n) => `\n${print(n, `${inner}  `)}`).join(''));
  const bodies =
    node.text === 'if'
      ? lists.map((text, i) => `\n${inner}(${i === 0 ? 'then' : 'else'}${text})`).join('')
      : lists.join('');
  return `${indent}(${node.text}${label}${targets}${result}${kids}${bodies})`;
}

function functionText(name: string, f: FunctionTree): string {
  const { params, result }: Signature = f.signature;
  const head = `(func $${name} (param ${params.join(' ')}) (result ${result})`;
  const locals = f.locals.length > 0 ? `\n  (local ${f.locals.join(' ')})` : '';
  return `${head}${locals}\n${f.body.map((n) => print(n, '  ')).join('\n')})`;
}

/** The functions of a batch, and below each program the arguments that it is run with. */
export function batchText({ helpers, programs }: Batch): string {
  const helperTexts = helpers.map((f, i) => functionText(`helper${i}`, f));
  const programTexts = programs.map((p, i) => {
    const sets = p.arguments.map((set) => `;; run with ${set.join(', ')}`);
    return [functionText(`program${i}`, p), ...sets].join('\n');
  });
  return [...helperTexts, ...programTexts].join('\n');
}
