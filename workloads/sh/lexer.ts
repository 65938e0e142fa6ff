// The input as tokens. A word keeps its quotes; expansion (expand.ts) takes them away.
//
// Operators are told apart by their characters: `&&` is '&' << 8 | '&', a redirection of a numbered descriptor keeps
// the number in `tokenNumber`.
import { isDigit } from '../lib/text';
import { arenaFinish, arenaPut } from './arena';

export const END: u32 = 0;
export const WORD: u32 = 1;
export const NEWLINE: u32 = 10;
export const SEMICOLON: u32 = 0x3b;
export const BACKGROUND: u32 = 0x26;
export const PIPE: u32 = 0x7c;
export const OPEN: u32 = 0x28;
export const CLOSE: u32 = 0x29;
export const LESS: u32 = 0x3c;
export const GREATER: u32 = 0x3e;
export const AND: u32 = 0x2626;
export const OR: u32 = 0x7c7c;
export const APPEND: u32 = 0x3e3e;
export const DUPLICATE: u32 = 0x3e26;

/** The current token; `tokenText` is a word's, `tokenNumber` the descriptor of a redirection or -1. */
export let token: u32 = END;
export let tokenText: usize = 0;
export let tokenNumber: i32 = -1;
/** The input ended inside a quotation. */
export let unfinished: bool = false;

let at: usize = 0;

export function lexerStart(text: usize): void {
  at = text;
  unfinished = false;
}

/** Where the input goes on behind the current token. */
export function lexerPosition(): usize {
  return at;
}

export function advance(): void {
  for (let c = load<u8>(at); c == 0x20 || c == 9 || c == 13; c = load<u8>(at)) at++;
  if (load<u8>(at) == 0x23) while (load<u8>(at) && load<u8>(at) != NEWLINE) at++;
  tokenNumber = -1;
  const c = <u32>load<u8>(at);
  if (isDigit(c) && (load<u8>(at + 1) == GREATER || load<u8>(at + 1) == LESS)) {
    tokenNumber = c - 0x30;
    at++;
    return operator();
  }
  if (!c) {
    token = END;
    return;
  }
  if (isOperator(c)) return operator();
  word();
}

function isOperator(c: u32): bool {
  switch (c) {
    case NEWLINE:
    case SEMICOLON:
    case BACKGROUND:
    case PIPE:
    case OPEN:
    case CLOSE:
    case LESS:
    case GREATER:
      return true;
  }
  return false;
}

function operator(): void {
  const c = <u32>load<u8>(at++);
  const next = <u32>load<u8>(at);
  token = c;
  const doubled = next == c && (c == BACKGROUND || c == PIPE || c == GREATER);
  if (doubled || (c == GREATER && next == BACKGROUND)) {
    token = (c << 8) | next;
    at++;
  }
}

function word(): void {
  let quote: u32 = 0;
  while (true) {
    const c = <u32>load<u8>(at);
    if (!c) {
      unfinished = unfinished || quote != 0;
      break;
    }
    if (!quote && (c == 0x20 || c == 9 || c == 13 || isOperator(c))) break;
    at++;
    if (c == 0x5c && quote != 0x27) {
      const next = <u32>load<u8>(at);
      if (!next) {
        unfinished = true;
        break;
      }
      at++;
      if (next == NEWLINE) continue;
      arenaPut(c);
      arenaPut(next);
      continue;
    }
    if (c == quote) quote = 0;
    else if (!quote && (c == 0x27 || c == 0x22)) quote = c;
    arenaPut(c);
  }
  token = WORD;
  tokenText = arenaFinish();
}
