// Words of L4 X.2 for user level: ids, tags, items, fpages (the manual's chapters of these names), and where this
// system has its first threads and fixed pages.
import { ipc, utcb } from './stubs';

/** First thread number of user level; sigma0 and the root task have fixed ones, the root task numbers the rest. */
const USER_BASE: u32 = 32;
export const SIGMA0: u32 = (USER_BASE << 14) | 1;
export const ROOT: u32 = ((USER_BASE + 2) << 14) | 1;
export const FIRST_FREE: u32 = USER_BASE + 3;

export const NIL: u32 = 0;
export const ANY: u32 = 0xffffffff;
export const NEVER: u32 = 0;
/** Both timeouts zero. */
export const AT_ONCE: u32 = 0x04000400;

export const TAG_ERROR: u32 = 0x8000;
/** A message of one word, label 0. */
export const TAG_ONE_WORD: u32 = 1;
/** Labels of the protocols. */
export const LABEL_FAULT: u32 = 0xffe;
export const LABEL_EXCEPTION: u32 = 0xffb;
export const LABEL_SIGMA0: u32 = 0xffa0;

export const KIP: usize = 0xbfffe000;
export const KIP_AREA: u32 = 0xbfffe000 | (13 << 4);
export const UTCB_AREA_BASE: u32 = 0xbff00000;
/** 4 KiB: eight threads. */
export const UTCB_AREA: u32 = 0xbff00000 | (12 << 4);
export const UTCB_BYTES: u32 = 512;

export const READ: u32 = 4;
export const WRITE: u32 = 2;
export const EXECUTE: u32 = 1;
export const ALL_RIGHTS: u32 = 7;
export const COMPLETE: u32 = 0x10;

export const PAGE: u32 = 4096;
export const PAGE_SHIFT: u32 = 12;

export function globalId(number: u32): u32 {
  return (number << 14) | 1;
}

/** Our UTCB, for mr() and setMr(): a space has one such word, so only one of its threads may use them. */
let registers: usize = 0;

/** To be called before anything below. */
export function l4Init(): void {
  registers = utcb();
}

export function mr(n: u32): u32 {
  return load<u32>(registers + (n << 2));
}

export function setMr(n: u32, value: u32): void {
  store<u32>(registers + (n << 2), value);
}

/** MR0 of a message with `untyped` words and `typed` words behind them. */
export function tag(label: u32, untyped: u32, typed: u32): u32 {
  return (label << 16) | (typed << 6) | untyped;
}

export function fpage(base: u32, shift: u32, rights: u32): u32 {
  return base | (shift << 4) | rights;
}

export function ioFpage(port: u32, shift: u32): u32 {
  return (port << 16) | (shift << 10) | (2 << 4) | ALL_RIGHTS;
}

/** Puts a map item into MRn and MRn+1. */
export function setMapItem(n: u32, sendBase: u32, page: u32): void {
  setMr(n, (sendBase & 0xfffffc00) | 8);
  setMr(n + 1, page);
}

/** What map items may do to us: an fpage, or 0. */
export function setAcceptor(window: u32): void {
  store<u32>(utcb() - 64, window & ~15);
}

/** Why the last system call was refused: the error TCR. */
export function errorCode(): u32 {
  return load<u32>(utcb() - 36);
}

/** This thread's global id. */
export function myself(): u32 {
  return load<u32>(utcb() - 60);
}

/** A call: the tag must be in MR0. False: an error. */
export function call(to: u32): bool {
  ipc(to, to, NEVER);
  return !(mr(0) & TAG_ERROR);
}
