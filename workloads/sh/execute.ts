// Running a tree. Every function returns the exit status, which is also $?.
import { EACCES, EINTR } from '../../kernels/lib/callnumbers';
import { close, dup, O_APPEND, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY, open, pipe } from '../lib/files';
import { complain, complainOf, flushOutput } from '../lib/output';
import { finish, fork } from '../lib/processes';
import { SIGINT } from '../lib/signals';
import { isDigit, text, textLength } from '../lib/text';
import { quit } from '../lib/unix';
import { arenaMark, arenaReset, arenaTake } from './arena';
import { builtin, isBuiltin } from './builtins';
import { move } from './descriptors';
import { expandAll, expanded, expandOne, setBackground, setStatus } from './expand';
import { beChild, interrupted } from './interrupt';
import { APPEND, DUPLICATE, LESS } from './lexer';
import {
  BEHIND,
  BOTH,
  EITHER,
  FOR,
  GROUP,
  IF,
  Item,
  NOT,
  Node,
  PIPELINE,
  REDIRECTED,
  Redirection,
  SEQUENCE,
  SIMPLE,
  WHILE,
} from './parser';
import { replaceBy } from './programs';
import { assign, nameLength } from './variables';

const MAX_SAVED: u32 = 32;
const saved: usize = memory.data(32 * 8, 4);
const pipeEnds: usize = memory.data(8, 4);

export function run(at: usize): u32 {
  if (!at) return 0;
  if (interrupted) return 128 + SIGINT;
  const n = changetype<Node>(at);
  let status: u32 = 0;
  switch (n.kind) {
    case SIMPLE:
      status = simple(n);
      break;
    case PIPELINE:
      status = pipeline(n);
      break;
    case BOTH:
      status = run(n.a);
      if (!status) status = run(n.b);
      break;
    case EITHER:
      status = run(n.a);
      if (status) status = run(n.b);
      break;
    case NOT:
      status = run(n.a) ? 0 : 1;
      break;
    case SEQUENCE:
      run(n.a);
      status = run(n.b);
      break;
    case BEHIND:
      status = behind(n.a);
      break;
    case FOR:
      status = forEach(n);
      break;
    case WHILE:
      while (!run(n.a) && !interrupted) status = run(n.b);
      break;
    case IF:
      status = run(n.a) ? run(n.c) : run(n.b);
      break;
    case REDIRECTED: {
      const before = savedCount;
      status = redirect(n.b, true) ? run(n.a) : 1;
      flushOutput();
      restore(before);
      break;
    }
    case GROUP: {
      const child = start(false);
      if (!child) inChild(n.a);
      status = finishOf(child);
    }
  }
  setStatus(status);
  return status;
}

/** Forks; what is printed so far is printed once. The status of a failure is the caller's to tell. */
function start(isBehind: bool): i32 {
  flushOutput();
  const child = fork();
  if (child < 0) complain('sh', text('fork'), child);
  if (!child) beChild(isBehind);
  return child;
}

function finishOf(child: i32): u32 {
  if (child < 0) return 1;
  let status = finish(child);
  while (status == -EINTR) status = finish(child);
  return status;
}

/** A child's whole life: what a simple command needs no second process for is run in its place. */
function inChild(at: usize): void {
  const n = changetype<Node>(at);
  if (n.kind == SIMPLE) lastCommand(n);
  quit(run(at));
}

function forEach(n: Node): u32 {
  const mark = arenaMark();
  let status: u32 = 0;
  const list = expandAll(n.b);
  const count = expanded;
  for (let i: u32 = 0; i < count && !interrupted; i++) {
    const inner = arenaMark();
    const value = load<u32>(list + (i << 2));
    const entry = arenaTake(textLength(n.a) + textLength(value) + 2);
    joinAssignment(entry, n.a, value);
    assign(entry, false);
    status = run(n.c);
    arenaReset(inner);
  }
  arenaReset(mark);
  return status;
}

function joinAssignment(to: usize, name: usize, value: usize): void {
  for (; load<u8>(name); name++) store<u8>(to++, load<u8>(name));
  store<u8>(to++, 0x3d);
  for (; load<u8>(value); value++) store<u8>(to++, load<u8>(value));
  store<u8>(to, 0);
}

function behind(at: usize): u32 {
  const child = start(true);
  if (!child) inChild(at);
  if (child < 0) return 1;
  setBackground(child);
  return 0;
}

/** Every command of a pipeline is a child of the shell; the status is the last one's. */
function pipeline(first: Node): u32 {
  const mark = arenaMark();
  const children = arenaTake(64 * 4);
  let count: u32 = 0;
  let input: i32 = -1;
  let at = changetype<usize>(first);
  while (true) {
    const n = changetype<Node>(at);
    const more = n.kind == PIPELINE;
    if (more && (count == 63 || pipe(pipeEnds) < 0)) return complainOf('sh', 'cannot make the pipeline');
    const from = load<i32>(pipeEnds);
    const to = load<i32>(pipeEnds + 4);
    const child = start(false);
    if (!child) {
      if (input >= 0) move(input, 0);
      if (more) {
        close(from);
        move(to, 1);
      }
      inChild(more ? n.a : at);
    }
    if (input >= 0) close(input);
    if (more) close(to);
    store<i32>(children + (count++ << 2), child);
    if (!more) break;
    input = from;
    at = n.b;
  }
  let status: u32 = 0;
  for (let i: u32 = 0; i < count; i++) status = finishOf(load<i32>(children + (i << 2)));
  arenaReset(mark);
  return status;
}

/** Assignments before the command's name; returns the first item that is none. */
function assignments(n: Node): usize {
  let at = n.a;
  while (at && nameLength(changetype<Item>(at).text)) {
    assign(expandOne(changetype<Item>(at).text), false);
    at = changetype<Item>(at).next;
  }
  return at;
}

function simple(n: Node): u32 {
  const mark = arenaMark();
  const rest = assignments(n);
  const list = expandAll(rest);
  let status: u32 = 0;
  if (!expanded || isBuiltin(load<u32>(list))) {
    const count = expanded;
    const before = savedCount;
    status = redirect(n.b, true) ? (count ? builtin(list, count) : 0) : 1;
    flushOutput();
    restore(before);
  } else {
    const child = start(false);
    if (!child) program(n, list);
    status = finishOf(child);
  }
  arenaReset(mark);
  return status;
}

/** A simple command in place of this process. Returns where it is one of the shell's own. */
function lastCommand(n: Node): void {
  const mark = arenaMark();
  const rest = assignments(n);
  const list = expandAll(rest);
  if (expanded && !isBuiltin(load<u32>(list))) program(n, list);
  arenaReset(mark);
}

/** Never returns. */
function program(n: Node, list: usize): void {
  if (!redirect(n.b, false)) quit(1);
  replaceBy(list);
}

let savedCount: u32 = 0;

/** Opens what the redirections name; `keep`: the old descriptors come back by `restore`. */
function redirect(at: usize, keep: bool): bool {
  for (; at; at = changetype<Redirection>(at).next) {
    const r = changetype<Redirection>(at);
    const path = expandOne(r.text);
    let from: i32;
    if (r.operator == DUPLICATE) from = isDigit(load<u8>(path)) ? dup(load<u8>(path) - 0x30) : -EACCES;
    else if (r.operator == LESS) from = open(path, O_RDONLY);
    else from = open(path, O_WRONLY | O_CREAT | (r.operator == APPEND ? O_APPEND : O_TRUNC));
    if (from < 0) {
      complain('sh', path, from);
      return false;
    }
    flushOutput();
    if (keep && savedCount < MAX_SAVED) {
      store<i32>(saved + (savedCount << 3), r.fd);
      store<i32>(saved + (savedCount << 3) + 4, dup(r.fd));
      savedCount++;
    }
    move(from, r.fd);
  }
  return true;
}

/** The descriptors are again what they were when so many had been saved. */
function restore(before: u32): void {
  while (savedCount > before) {
    savedCount--;
    const fd = load<i32>(saved + (savedCount << 3));
    const old = load<i32>(saved + (savedCount << 3) + 4);
    if (old >= 0) move(old, fd);
    else close(fd);
  }
}
