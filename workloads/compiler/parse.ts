// Source to code. A word of code: the operation in the upper eight bits, its operand in the lower 24.
import { allocate } from '../lib/memory';
import { isDigit } from '../lib/text';

export const PUSH: u32 = 1;
export const LOAD: u32 = 2;
export const STORE: u32 = 3;
export const ADD: u32 = 4;
export const SUBTRACT: u32 = 5;
export const MULTIPLY: u32 = 6;
export const OPERAND: u32 = 0xffffff;

const CODE_MAX: u32 = 16 * 1024;
export const NAMES: u32 = 256;
const NAME_MAX: u32 = 16;

let code: usize = 0;
export let codeLength: u32 = 0;
let names: usize = 0;
let at: usize = 0;
let wrong: bool = false;

export function unitInit(): bool {
  code = allocate(CODE_MAX << 2);
  names = allocate(NAMES * NAME_MAX);
  if (names) memory.fill(names, 0, NAMES * NAME_MAX);
  return code != 0 && names != 0;
}

export function codeAt(i: u32): usize {
  return code + (i << 2);
}

export function setCodeLength(length: u32): void {
  codeLength = length;
}

function emit(operation: u32, operand: u32): void {
  if (codeLength == CODE_MAX - 1) wrong = true;
  else store<u32>(codeAt(codeLength++), (operation << 24) | (operand & OPERAND));
}

/** Appends a source's statements to the unit; false where it is none. */
export function parseUnit(source: usize): bool {
  at = source;
  wrong = false;
  while (peek() && !wrong) statement();
  return !wrong;
}

/** The next character that is no blank. */
function peek(): u32 {
  while (load<u8>(at) && load<u8>(at) <= 0x20) at++;
  return load<u8>(at);
}

function expect(c: u32): void {
  if (peek() == c) at++;
  else wrong = true;
}

function isLetter(c: u32): bool {
  return (c | 0x20) - 0x61 < 26 || c == 0x5f;
}

function statement(): void {
  const target = name();
  expect(0x3d);
  expression();
  expect(0x3b);
  emit(STORE, target);
}

/** The number of the name at hand: open addressing over its characters' hash. */
function name(): u32 {
  const start = (peek(), at);
  let hash: u32 = 5381;
  while (isLetter(load<u8>(at)) || (at > start && isDigit(load<u8>(at)))) hash = hash * 33 + load<u8>(at++);
  const length = <u32>(at - start);
  if (!length || length >= NAME_MAX) {
    wrong = true;
    return 0;
  }
  for (let i = hash % NAMES, tries: u32 = 0; tries < NAMES; i = (i + 1) % NAMES, tries++) {
    const place = names + i * NAME_MAX;
    if (!load<u8>(place)) memory.copy(place, start, length);
    if (memory.compare(place, start, length) == 0 && !load<u8>(place + length)) return i;
  }
  wrong = true;
  return 0;
}

function expression(): void {
  term();
  while (!wrong) {
    const c = peek();
    if (c != 0x2b && c != 0x2d) return;
    at++;
    term();
    emit(c == 0x2b ? ADD : SUBTRACT, 0);
  }
}

function term(): void {
  factor();
  while (!wrong && peek() == 0x2a) {
    at++;
    factor();
    emit(MULTIPLY, 0);
  }
}

function factor(): void {
  const c = peek();
  if (c == 0x28) {
    at++;
    expression();
    expect(0x29);
  } else if (isDigit(c)) {
    let value: u32 = 0;
    while (isDigit(load<u8>(at))) value = value * 10 + load<u8>(at++) - 0x30;
    emit(PUSH, value);
  } else emit(LOAD, name());
}
