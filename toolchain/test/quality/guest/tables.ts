// Page tables, descriptors, bitmaps, rings and messages.

const directory: usize = memory.data(4096, 4096);
const tables: usize = memory.data(4 * 4096, 4096);

function translate(address: u32, rights: u32): u32 {
  const pde = load<u32>(directory + (address >> 22) * 4);
  if ((pde & rights) != rights) return 0;
  if (pde & 0x80) return (pde & 0xffc00000) | (address & 0x3fffff);
  const slot: usize = (pde & 0xfffff000) + ((address >> 12) & 1023) * 4;
  const pte = load<u32>(slot);
  if ((pte & rights) != rights) return 0;
  store<u32>(slot, pte | 0x20 | (rights & 2 ? 0x40 : 0));
  return (pte & 0xfffff000) | (address & 4095);
}

export function pagewalk(rounds: u32): u32 {
  for (let i: u32 = 0; i < 4; i++) {
    const table = tables + i * 4096;
    store<u32>(directory + i * 4, <u32>table | 7);
    for (let k: u32 = 0; k < 1024; k++) store<u32>(table + k * 4, ((i * 1024 + k) << 12) | (k % 5 == 0 ? 5 : 7));
  }
  store<u32>(directory + 16, 0x01000087);
  let sum: u32 = 0;
  let address: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) {
    address = (address + 0x13579) & 0x1ffffff;
    sum += translate(address, i & 1 ? 7 : 5);
  }
  return sum;
}

// @ts-ignore: decorator
@unmanaged
class Request {
  operation: u32;
  reference: u32;
  length: u32;
  id: u16;
  flags: u8;
  status: u8;
}

// @ts-ignore: decorator
@unmanaged
class Ring {
  produced: u32;
  consumed: u32;
}

const ring = changetype<Ring>(memory.data(8 + 32 * 16, 4));

function slotOf(r: Ring, index: u32): Request {
  return changetype<Request>(changetype<usize>(r) + 8 + (index & 31) * 16);
}

function push(r: Ring, operation: u32, reference: u32, length: u32): i32 {
  if (r.produced - r.consumed == 32) return -1;
  const q = slotOf(r, r.produced);
  q.operation = operation;
  q.reference = reference;
  q.length = length;
  q.id = <u16>r.produced;
  q.flags = <u8>(operation & 1);
  q.status = 0;
  r.produced++;
  return 0;
}

function pop(r: Ring): u32 {
  if (r.produced == r.consumed) return 0;
  const q = slotOf(r, r.consumed);
  q.status = 1;
  const value = q.length + q.reference + q.id + q.flags;
  r.consumed++;
  return value;
}

export function ringProtocol(rounds: u32): u32 {
  let sum: u32 = 0;
  ring.produced = ring.consumed = 0;
  for (let i: u32 = 0; i < rounds; i++) {
    if (push(ring, i & 3, i << 12, i & 1500) < 0) sum += pop(ring);
    if ((i & 7) == 7) for (let k = 0; k < 5; k++) sum += pop(ring);
  }
  return sum;
}

const sender: usize = memory.data(64 * 4, 4);
const receiver: usize = memory.data(64 * 4, 4);
const recorded: usize = memory.data(64 * 4, 4);

function transfer(from: usize, to: usize): u32 {
  const tag = load<u32>(from);
  const untyped = tag & 63;
  const typed = (tag >> 6) & 63;
  if (untyped + typed > 63) return 1;
  store<u32>(to, tag);
  for (let i: u32 = 1; i <= untyped; i++) store<u32>(to + i * 4, load<u32>(from + i * 4));
  for (let i = untyped + 1; i + 1 <= untyped + typed; i += 2) {
    const base = load<u32>(from + i * 4);
    const page = load<u32>(from + i * 4 + 4);
    if ((base & 15) != 8 || ((page >> 4) & 63) < 12) return 2;
    store<u32>(recorded + (i & 63) * 4, page & 0xfffff3ff);
    store<u32>(to + i * 4, base);
    store<u32>(to + i * 4 + 4, page & ~7);
  }
  return 0;
}

export function message(rounds: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) {
    const n = i & 15;
    store<u32>(sender, n | (i & 1 ? 4 << 6 : 0));
    for (let k: u32 = 1; k <= n; k++) store<u32>(sender + k * 4, i + k);
    for (let k = n + 1; k < n + 5; k += 2) {
      store<u32>(sender + k * 4, 0x1008);
      store<u32>(sender + k * 4 + 4, (i << 12) | (12 << 4) | 7);
    }
    sum += transfer(sender, receiver) + load<u32>(receiver + n * 4);
  }
  return sum;
}

const bitmap: usize = memory.data(64 * 4, 4);

function allocate(): i32 {
  for (let i: u32 = 0; i < 64; i++) {
    const word = load<u32>(bitmap + i * 4);
    if (word == 0xffffffff) continue;
    const bit = ctz(~word);
    store<u32>(bitmap + i * 4, word | (1 << bit));
    return i * 32 + bit;
  }
  return -1;
}

function release(frame: u32): void {
  const at = bitmap + (frame >> 5) * 4;
  store<u32>(at, load<u32>(at) & ~(1 << (frame & 31)));
}

export function bitmapAllocator(rounds: u32): u32 {
  for (let i: u32 = 0; i < 64; i++) store<u32>(bitmap + i * 4, 0);
  let sum: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) {
    const a = allocate();
    if (a >= 0) sum += a;
    if (i % 3 == 0) release((i * 5) & 255);
  }
  return sum;
}

const descriptors: usize = memory.data(64 * 8, 8);

function setSegment(slot: usize, base: u32, limit: u32, type: u32, dpl: u32): void {
  store<u32>(slot, (limit & 0xffff) | (base << 16));
  const flags = (type << 8) | (dpl << 13) | 0x8000 | (limit & 0xf0000) | 0xc00000;
  store<u32>(slot + 4, ((base >> 16) & 0xff) | flags | (base & 0xff000000));
}

function setGate(slot: usize, selector: u32, offset: u32, type: u32, dpl: u32): void {
  store<u32>(slot, (selector << 16) | (offset & 0xffff));
  store<u32>(slot + 4, (offset & 0xffff0000) | 0x8000 | (dpl << 13) | (type << 8));
}

export function descriptorTables(rounds: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) {
    const slot = descriptors + (i & 63) * 8;
    if (i & 1) setSegment(slot, i * 0x12345, i * 77, 0x1a, i & 3);
    else setGate(slot, 8, 0xc0100000 + i * 16, 14, (i >> 2) & 3);
    sum += load<u32>(slot) ^ load<u32>(slot + 4);
  }
  return sum;
}

// @ts-ignore: decorator
@unmanaged
class Account {
  deadline: u64;
  used: u64;
  started: u64;
  weight: u32;
  period: u32;
}

const accounts: usize = memory.data(8 * 32, 8);

function account(index: u32): Account {
  return changetype<Account>(accounts + index * 32);
}

function scale(cycles: u64, factor: u32): u64 {
  return (cycles >> 32) * factor + (((cycles & 0xffffffff) * factor) >> 32);
}

export function time64(rounds: u32): u32 {
  let now: u64 = 1;
  for (let i: u32 = 0; i < 8; i++) {
    const a = account(i);
    a.deadline = a.used = a.started = 0;
    a.weight = i * 3 + 1;
    a.period = 1000 << i;
  }
  let sum: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) {
    let best: u32 = 0;
    for (let k: u32 = 1; k < 8; k++) if (account(k).deadline < account(best).deadline) best = k;
    const a = account(best);
    a.started = now;
    now += 12345 + (i & 1023);
    a.used += (now - a.started) * a.weight;
    a.deadline += a.period;
    if (a.used > 0x300000000) a.used >>= 3;
    sum += <u32>scale(a.used, 0x89705f41) ^ best;
  }
  return sum ^ <u32>(now >> 20);
}
