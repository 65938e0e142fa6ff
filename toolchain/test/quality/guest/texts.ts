// Names, command lines, packets, numbers, system calls, sorting.

// @ts-ignore: decorator
@unmanaged
class Entry {
  next: Entry | null;
  hash: u32;
  value: u32;
}
const NAME = 12;

const entries: usize = memory.data(64 * 32, 4);
const buckets: usize = memory.data(32 * 4, 4);
const wanted: usize = memory.data(20, 4);

function hashOf(name: usize): u32 {
  let h: u32 = 2166136261;
  for (; load<u8>(name); name++) h = (h ^ load<u8>(name)) * 16777619;
  return h;
}

function lookup(name: usize): Entry | null {
  const h = hashOf(name);
  let e = changetype<Entry | null>(load<usize>(buckets + (h & 31) * 4));
  while (e) {
    if (e.hash == h) {
      const own = changetype<usize>(e) + NAME;
      let i: u32 = 0;
      while (load<u8>(own + i) == load<u8>(name + i) && load<u8>(name + i)) i++;
      if (load<u8>(own + i) == load<u8>(name + i)) return e;
    }
    e = e.next;
  }
  return null;
}

function nameOf(n: u32, name: usize): void {
  store<u8>(name, 102);
  store<u8>(name + 1, 97 + (n & 15));
  store<u8>(name + 2, 97 + ((n >> 4) & 15));
  store<u8>(name + 3, 120);
  store<u8>(name + 4, 0);
}

export function hash(rounds: u32): u32 {
  for (let i: u32 = 0; i < 32; i++) store<u32>(buckets + i * 4, 0);
  for (let i: u32 = 0; i < 64; i++) {
    const e = changetype<Entry>(entries + i * 32);
    nameOf(i * 3, changetype<usize>(e) + NAME);
    e.hash = hashOf(changetype<usize>(e) + NAME);
    e.value = i;
    const bucket = buckets + (e.hash & 31) * 4;
    e.next = changetype<Entry | null>(load<usize>(bucket));
    store<usize>(bucket, changetype<usize>(e));
  }
  let sum: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) {
    nameOf(i, wanted);
    const e = lookup(wanted);
    if (e) sum += e.value;
  }
  return sum;
}

const packet: usize = memory.data(1500, 4);

function internetChecksum(data: usize, length: u32): u32 {
  let sum: u32 = 0;
  for (; length > 1; length -= 2, data += 2) sum += load<u16>(data);
  if (length) sum += load<u8>(data);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

export function checksum(rounds: u32): u32 {
  for (let i: u32 = 0; i < 1500; i++) store<u8>(packet + i, i * 31);
  let sum: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) sum += internetChecksum(packet + (i & 3) * 2, 60 + (i & 255));
  return sum;
}

const line: usize = memory.data(128, 4);
const word: usize = memory.data(16, 4);

function length(s: usize): u32 {
  let n: u32 = 0;
  while (load<u8>(s + n)) n++;
  return n;
}

function compare(a: usize, b: usize): i32 {
  while (load<u8>(a) && load<u8>(a) == load<u8>(b)) {
    a++;
    b++;
  }
  return <i32>load<u8>(a) - <i32>load<u8>(b);
}

function find(text: usize, what: usize): usize {
  const n = length(what);
  for (; load<u8>(text); text++) {
    let i: u32 = 0;
    while (i < n && load<u8>(text + i) == load<u8>(what + i)) i++;
    if (i == n) return text;
  }
  return 0;
}

export function strings(rounds: u32): u32 {
  for (let i: u32 = 0; i < 127; i++) store<u8>(line + i, i % 6 == 5 ? 32 : 97 + ((i * 7) % 26));
  store<u8>(line + 127, 0);
  let sum: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) {
    const at = (i * 13) % 110;
    for (let k: u32 = 0; k < 5; k++) store<u8>(word + k, load<u8>(line + at + k));
    store<u8>(word + 5, 0);
    const found = find(line, word);
    if (found) sum += <u32>(found - line);
    sum += compare(line + at, word);
  }
  return sum;
}

const files: usize = memory.data(16 * 4, 4);
const numbers: usize = memory.data<u8>([64, 3, 4, 5, 6, 20, 64, 45, 60, 64, 13, 19, 1, 99, 64, 3]);
let position: u32 = 0;
let brk: u32 = 0;
let mask: u32 = 0;

function call(number: u32, a: u32, b: u32, c: u32): i32 {
  switch (number) {
    case 1:
      return -1;
    case 3:
      return a < 16 && load<u32>(files + a * 4) ? load<u32>(files + a * 4) + b : -9;
    case 4:
      if (a >= 16) return -9;
      store<u32>(files + a * 4, load<u32>(files + a * 4) + c);
      return c;
    case 5:
      for (let i: u32 = 0; i < 16; i++)
        if (!load<u32>(files + i * 4)) {
          store<u32>(files + i * 4, b | 1);
          return i;
        }
      return -24;
    case 6:
      if (a >= 16) return -9;
      store<u32>(files + a * 4, 0);
      return 0;
    case 13:
      return position + a;
    case 19:
      position = b + c;
      return position;
    case 20:
      return 42;
    case 45:
      if (a > brk) brk = a;
      return brk;
    case 60: {
      const old = mask;
      mask = a & 511;
      return old;
    }
    case 64:
      return 1;
    default:
      return -38;
  }
}

export function dispatch(rounds: u32): u32 {
  for (let i: u32 = 0; i < 16; i++) store<u32>(files + i * 4, 0);
  position = brk = mask = 0;
  let sum: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) sum += call(load<u8>(numbers + (i & 15)), i & 31, i, i * 3);
  return sum;
}

const values: usize = memory.data(64 * 4, 4);

function value(index: u32): u32 {
  return load<u32>(values + index * 4);
}

export function sort(rounds: u32): u32 {
  let sum: u32 = 0;
  let seed: u32 = 7;
  for (let r: u32 = 0; r < rounds; r++) {
    for (let i: u32 = 0; i < 64; i++) {
      seed = seed * 1664525 + 1013904223;
      store<u32>(values + i * 4, seed >> 8);
    }
    for (let i: u32 = 1; i < 64; i++) {
      const v = value(i);
      let k: i32 = i - 1;
      for (; k >= 0 && value(k) > v; k--) store<u32>(values + (k + 1) * 4, value(k));
      store<u32>(values + (k + 1) * 4, v);
    }
    for (let i: u32 = 0; i < 64; i++) {
      let low: u32 = 0;
      let high: u32 = 64;
      const sought = value(i);
      while (low < high) {
        const middle = (low + high) >> 1;
        if (value(middle) < sought) low = middle + 1;
        else high = middle;
      }
      sum += low;
    }
  }
  return sum;
}

const text: usize = memory.data(64, 4);
const digits: usize = memory.data(12, 4);

function decimal(to: usize, value: u32): usize {
  let n: u32 = 0;
  do {
    store<u8>(digits + n++, 48 + (value % 10));
    value /= 10;
  } while (value);
  while (n) store<u8>(to++, load<u8>(digits + --n));
  return to;
}

function hexadecimal(to: usize, value: u32): usize {
  for (let shift: i32 = 28; shift >= 0; shift -= 4) {
    const digit = (value >> shift) & 15;
    store<u8>(to++, digit < 10 ? 48 + digit : 87 + digit);
  }
  return to;
}

export function print(rounds: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) {
    let end = decimal(text, i * 98765);
    store<u8>(end++, 32);
    end = hexadecimal(end, i * 0x1357);
    sum += <u32>(end - text) * load<u8>(end - 1) + load<u8>(text);
  }
  return sum;
}
