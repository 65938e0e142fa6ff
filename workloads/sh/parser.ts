// Tokens to a tree.
//
//   list     = andOr { (';' | '&' | newline) andOr }
//   andOr    = pipeline { ('&&' | '||') pipeline }
//   pipeline = ['!'] command { '|' command }
//   command  = simple | compound { redirection }
//   compound = '(' list ')' | 'for' name 'in' words ; 'do' list 'done'
//            | 'while' list 'do' list 'done' | 'if' list 'then' list ['else' list] 'fi'
import { textIs } from '../lib/text';
import { arenaTake } from './arena';
import {
  AND,
  APPEND,
  advance,
  BACKGROUND,
  CLOSE,
  DUPLICATE,
  END,
  GREATER,
  LESS,
  lexerPosition,
  lexerStart,
  NEWLINE,
  OPEN,
  OR,
  PIPE,
  SEMICOLON,
  token,
  tokenNumber,
  tokenText,
  unfinished,
  WORD,
} from './lexer';

export const SIMPLE: u32 = 0;
export const PIPELINE: u32 = 1;
export const BOTH: u32 = 2;
export const EITHER: u32 = 3;
export const SEQUENCE: u32 = 4;
export const BEHIND: u32 = 5;
export const FOR: u32 = 6;
export const WHILE: u32 = 7;
export const IF: u32 = 8;
export const GROUP: u32 = 9;
export const NOT: u32 = 10;
export const REDIRECTED: u32 = 11;

/** SIMPLE: words, redirections. REDIRECTED: command, redirections. FOR: name, words, body. IF: condition, then, else. Others: their parts. */
@unmanaged
export class Node {
  kind: u32;
  a: usize;
  b: usize;
  c: usize;
}

/** One of a list of words. */
@unmanaged
export class Item {
  text: usize;
  next: usize;
}

@unmanaged
export class Redirection {
  operator: u32;
  fd: u32;
  text: usize;
  next: usize;
}

/** What the last `parseLine` found: a tree (0 where there was nothing to do), an error, or that more is needed. */
export let tree: usize = 0;
export let failed: bool = false;
export let incomplete: bool = false;

/** Parses one line's worth of commands; returns where the input goes on. */
export function parseLine(text: usize): usize {
  lexerStart(text);
  failed = false;
  incomplete = false;
  tree = 0;
  advance();
  while (token == NEWLINE) advance();
  if (token != END) tree = list(true);
  if (unfinished) incomplete = true;
  if (!failed && !incomplete && token != END && token != NEWLINE) failed = true;
  return lexerPosition();
}

function node(kind: u32, a: usize, b: usize, c: usize): usize {
  const n = changetype<Node>(arenaTake(offsetof<Node>()));
  n.kind = kind;
  n.a = a;
  n.b = b;
  n.c = c;
  return changetype<usize>(n);
}

function fail(): usize {
  if (token == END) incomplete = true;
  else failed = true;
  return 0;
}

function stopped(): bool {
  return failed || incomplete;
}

function atKeyword(word: string): bool {
  return token == WORD && textIs(tokenText, word);
}

function endsList(): bool {
  if (token == END || token == CLOSE) return true;
  return atKeyword('do') || atKeyword('done') || atKeyword('then') || atKeyword('else') || atKeyword('fi');
}

function list(oneLine: bool): usize {
  let left: usize = 0;
  while (true) {
    while (token == NEWLINE && !oneLine) advance();
    if (endsList() || (token == NEWLINE && oneLine)) return left;
    let one = andOr();
    if (stopped()) return 0;
    if (token == BACKGROUND) {
      one = node(BEHIND, one, 0, 0);
      advance();
    } else if (token == SEMICOLON) advance();
    else if (token != NEWLINE && !endsList()) return fail();
    left = left ? node(SEQUENCE, left, one, 0) : one;
  }
}

function andOr(): usize {
  let left = pipeline();
  while (!stopped() && (token == AND || token == OR)) {
    const kind = token == AND ? BOTH : EITHER;
    advance();
    while (token == NEWLINE) advance();
    left = node(kind, left, pipeline(), 0);
  }
  return left;
}

function pipeline(): usize {
  if (atKeyword('!')) {
    advance();
    return node(NOT, pipeline(), 0, 0);
  }
  const first = command();
  if (stopped() || token != PIPE) return first;
  advance();
  while (token == NEWLINE) advance();
  return node(PIPELINE, first, pipeline(), 0);
}

function expect(word: string): void {
  if (stopped()) return;
  if (atKeyword(word)) advance();
  else fail();
}

function command(): usize {
  const one = compound();
  if (stopped() || !atRedirection() || changetype<Node>(one).kind == SIMPLE) return one;
  const list = redirections();
  return stopped() ? 0 : node(REDIRECTED, one, list, 0);
}

function compound(): usize {
  if (token == OPEN) {
    advance();
    const body = list(false);
    if (stopped()) return 0;
    if (token != CLOSE) return fail();
    advance();
    return node(GROUP, body, 0, 0);
  }
  if (atKeyword('for')) return forLoop();
  if (atKeyword('while')) {
    advance();
    const condition = list(false);
    expect('do');
    const body = stopped() ? 0 : list(false);
    expect('done');
    return node(WHILE, condition, body, 0);
  }
  if (atKeyword('if')) {
    advance();
    const condition = list(false);
    expect('then');
    const yes = stopped() ? 0 : list(false);
    let no: usize = 0;
    if (!stopped() && atKeyword('else')) {
      advance();
      no = list(false);
    }
    expect('fi');
    return node(IF, condition, yes, no);
  }
  return simple();
}

function forLoop(): usize {
  advance();
  if (token != WORD) return fail();
  const name = tokenText;
  advance();
  expect('in');
  const words = stopped() ? 0 : wordList();
  if (token == SEMICOLON || token == NEWLINE) advance();
  while (token == NEWLINE) advance();
  expect('do');
  const body = stopped() ? 0 : list(false);
  expect('done');
  return node(FOR, name, words, body);
}

function item(text: usize): usize {
  const i = changetype<Item>(arenaTake(offsetof<Item>()));
  i.text = text;
  i.next = 0;
  return changetype<usize>(i);
}

function wordList(): usize {
  let first: usize = 0;
  let last: usize = 0;
  for (; token == WORD; advance()) {
    const one = item(tokenText);
    if (last) changetype<Item>(last).next = one;
    else first = one;
    last = one;
  }
  return first;
}

function simple(): usize {
  let words: usize = 0;
  let lastWord: usize = 0;
  let first: usize = 0;
  let lastRedirection: usize = 0;
  while (true) {
    if (token == WORD) {
      const one = item(tokenText);
      if (lastWord) changetype<Item>(lastWord).next = one;
      else words = one;
      lastWord = one;
      advance();
    } else if (atRedirection()) {
      const r = redirections();
      if (stopped()) return 0;
      if (lastRedirection) lastOf(lastRedirection).next = r;
      else first = r;
      lastRedirection = r;
    } else break;
  }
  if (!words && !first) return fail();
  return node(SIMPLE, words, first, 0);
}

function atRedirection(): bool {
  return token == LESS || token == GREATER || token == APPEND || token == DUPLICATE;
}

function lastOf(list: usize): Redirection {
  let r = changetype<Redirection>(list);
  while (r.next) r = changetype<Redirection>(r.next);
  return r;
}

/** Those that stand here, one behind the other. */
function redirections(): usize {
  const first = redirection();
  if (stopped()) return 0;
  if (atRedirection()) changetype<Redirection>(first).next = redirections();
  return first;
}

function redirection(): usize {
  const operator = token;
  const fd = tokenNumber >= 0 ? tokenNumber : operator == LESS ? 0 : 1;
  advance();
  if (token != WORD) return fail();
  const r = changetype<Redirection>(arenaTake(offsetof<Redirection>()));
  r.operator = operator;
  r.fd = fd;
  r.text = tokenText;
  r.next = 0;
  advance();
  return changetype<usize>(r);
}
