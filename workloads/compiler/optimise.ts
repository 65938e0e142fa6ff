// Peephole rounds over the unit's code, and a run of the code to hold them against.
//
//   PUSH a, PUSH b, op  ->  PUSH (a op b), where it fits       LOAD x, STORE x  ->  nothing
//   PUSH 0, ADD  ->  nothing                                   PUSH 1, MULTIPLY  ->  nothing
import { ADD, codeAt, codeLength, LOAD, MULTIPLY, NAMES, OPERAND, PUSH, STORE, SUBTRACT, setCodeLength } from './parse';

const STACK: u32 = 256;
const stack: usize = memory.data(256 * 4, 4);
const variables: usize = memory.data(256 * 4, 4);

/** Rounds of optimisation; false where a round changed the results. */
export function optimiseUnit(rounds: u32): bool {
  const expected = runUnit();
  for (let i: u32 = 0; i < rounds; i++) {
    round();
    if (runUnit() != expected) return false;
  }
  return true;
}

function word(i: u32): u32 {
  return load<u32>(codeAt(i));
}

function round(): void {
  let to: u32 = 0;
  const end = codeLength;
  for (let from: u32 = 0; from < end; from++) {
    const w = word(from);
    store<u32>(codeAt(to++), w);
    const operation = w >> 24;
    if (operation >= ADD) to = reduce(to, operation);
    else if (operation == STORE && to >= 2 && word(to - 2) == ((LOAD << 24) | (w & OPERAND))) to -= 2;
  }
  setCodeLength(to);
}

/** Looks at the operation that was written last, and what stands before it; returns the new length. */
function reduce(length: u32, operation: u32): u32 {
  if (length < 3 || word(length - 2) >> 24 != PUSH) return length;
  const b = word(length - 2) & OPERAND;
  if ((operation == ADD || operation == SUBTRACT) && b == 0) return length - 2;
  if (operation == MULTIPLY && b == 1) return length - 2;
  if (word(length - 3) >> 24 != PUSH) return length;
  const a = word(length - 3) & OPERAND;
  const value = apply(operation, a, b);
  if (value > OPERAND) return length;
  store<u32>(codeAt(length - 3), (PUSH << 24) | value);
  return length - 2;
}

function apply(operation: u32, a: u32, b: u32): u32 {
  return operation == ADD ? a + b : operation == SUBTRACT ? a - b : a * b;
}

/** A hash of all variables when the unit has run from zeros. */
function runUnit(): u32 {
  memory.fill(variables, 0, NAMES << 2);
  let top: u32 = 0;
  const end = codeLength;
  for (let i: u32 = 0; i < end; i++) {
    const w = word(i);
    const operand = w & OPERAND;
    switch (w >> 24) {
      case PUSH:
        store<u32>(stack + (top++ << 2), operand);
        break;
      case LOAD:
        store<u32>(stack + (top++ << 2), load<u32>(variables + (operand << 2)));
        break;
      case STORE:
        store<u32>(variables + (operand << 2), load<u32>(stack + (--top << 2)));
        break;
      default: {
        top--;
        const place = stack + ((top - 1) << 2);
        store<u32>(place, apply(w >> 24, load<u32>(place), load<u32>(stack + (top << 2))));
      }
    }
    if (top >= STACK) return 0;
  }
  let sum: u32 = 0x811c9dc5;
  for (let i: u32 = 0; i < NAMES; i++) sum = (sum ^ load<u32>(variables + (i << 2))) * 0x01000193;
  return sum;
}
