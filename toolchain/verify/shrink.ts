// Makes a failing program small: as long as it still fails, operands take the place of operators, constants that of
// expressions, statements and cases go, bodies take the place of blocks, arguments become zero.
import { moduleBytes } from './encode.js';
import { BASE, type Batch, constant, type FunctionTree, type Node, walk } from './program.js';

/** Whether a batch of one program fails; a program that is not valid, or traps, does not. */
export type Fails = (batch: Batch) => boolean;

/** What is left after so many tries is small enough to be read. */
const TRIES = 2000;

export function shrink(batch: Batch, fails: Fails): Batch {
  let tries = 0;
  const check = (): boolean => {
    if (tries++ > TRIES) return false;
    try {
      return WebAssembly.validate(moduleBytes(batch) as Uint8Array<ArrayBuffer>) && fails(batch);
    } catch {
      return false;
    }
  };
  const [program] = batch.programs;
  for (let changed = true; changed; ) {
    changed = shrinkArguments(program.arguments, check);
    for (const f of [program, ...batch.helpers]) if (shrinkFunction(f, check)) changed = true;
  }
  return batch;
}

function shrinkArguments(sets: bigint[][], check: () => boolean): boolean {
  let changed = false;
  while (sets.length > 1) {
    const last = sets.pop() as bigint[];
    if (check()) changed = true;
    else {
      sets.unshift(last);
      if (sets.length > 1 && sets[0] === last) break;
    }
  }
  for (const set of sets)
    for (const [i, old] of set.entries()) {
      if (old === 0n) continue;
      set[i] = 0n;
      if (check()) changed = true;
      else set[i] = old;
    }
  return changed;
}

/** One pass over a function. */
function shrinkFunction(f: FunctionTree, check: () => boolean): boolean {
  let changed = false;
  const { result } = f.signature;
  const whole = f.body;
  if (whole.length > 1 || whole[0].kids.length > 0) {
    f.body = [constant(result, 0)];
    if (check()) return true;
    f.body = whole;
  }
  for (let again = true; again; ) {
    again = false;
    for (const { list, index } of walk(f.body)) {
      // What took a node's place is walked next, and what it no longer reaches in the next pass.
      if (!list[index].isFixed && replace(list, index, check)) changed = again = true;
    }
  }
  return changed;
}

function replace(list: Node[], index: number, check: () => boolean): boolean {
  const node = list[index];
  for (const by of candidates(node)) {
    list.splice(index, 1, ...by);
    if (check()) return true;
    list.splice(index, by.length, node);
  }
  return false;
}

/** What may stand in a node's place, the smallest first. */
function candidates(node: Node): Node[][] {
  if (node.isAddress) return node.code[0] === 0x41 ? [] : [[{ ...constant('i32', BASE), isAddress: true }]];
  // What sets a pointer stays, so that the pointer is one.
  if (node.text.startsWith('local.set') && node.kids[0].isAddress) return [];
  const bodies = node.bodies ?? [];
  if (node.type === 'void') return [[], ...bodies, ...node.kids.map((kid) => [drop(kid)])];
  const same = [...node.kids, ...bodies.flatMap((b) => b.slice(-1))].filter((n) => n.type === node.type);
  const isConstant = node.text.includes('.const ');
  return [...(isConstant ? [] : [[constant(node.type, 0)], [constant(node.type, 1)]]), ...same.map((n) => [n])];
}

const drop = (value: Node): Node => ({ type: 'void', text: 'drop', code: [0x1a], kids: [value] });
