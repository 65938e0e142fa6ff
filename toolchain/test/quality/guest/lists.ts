// Queues, levels, trees: what schedulers and mapping databases do.

// @ts-ignore: decorator
@unmanaged
class Thread {
  next: Thread | null;
  prev: Thread | null;
  priority: u32;
  state: u32;
}

// @ts-ignore: decorator
@unmanaged
class Queue {
  head: Thread | null;
  length: u32;
}

const threads: usize = memory.data(32 * 16, 4);
const ready = changetype<Queue>(memory.data(8, 4));
const blocked = changetype<Queue>(memory.data(8, 4));

function enqueue(q: Queue, t: Thread): void {
  const head = q.head;
  if (!head) {
    q.head = t;
    t.next = t;
    t.prev = t;
  } else {
    const tail = head.prev!;
    t.next = head;
    t.prev = tail;
    tail.next = t;
    head.prev = t;
  }
  q.length++;
}

function dequeue(q: Queue, t: Thread): void {
  const next = t.next!;
  if (next == t) {
    q.head = null;
  } else {
    const prev = t.prev!;
    next.prev = prev;
    prev.next = next;
    if (q.head == t) q.head = next;
  }
  q.length--;
}

export function list(rounds: u32): u32 {
  ready.head = blocked.head = null;
  ready.length = blocked.length = 0;
  for (let i: u32 = 0; i < 32; i++) {
    const t = changetype<Thread>(threads + i * 16);
    t.priority = i * 7;
    t.state = 0;
    enqueue(ready, t);
  }
  let sum: u32 = 0;
  let seed: u32 = 1;
  for (let i: u32 = 0; i < rounds; i++) {
    seed = seed * 1103515245 + 12345;
    const t = changetype<Thread>(threads + (seed >> 27) * 16);
    if (t.state) {
      dequeue(blocked, t);
      enqueue(ready, t);
    } else {
      dequeue(ready, t);
      enqueue(blocked, t);
    }
    t.state ^= 1;
    sum += ready.length + t.priority;
  }
  return sum;
}

const heads: usize = memory.data(256 * 4, 4);
const levels: usize = memory.data(8 * 4, 4);
let summary: u32 = 0;

function insert(level: u32, value: u32): void {
  store<u32>(heads + level * 4, value);
  const at = levels + (level >> 5) * 4;
  store<u32>(at, load<u32>(at) | (1 << (level & 31)));
  summary |= 1 << (level >> 5);
}

function take(): u32 {
  if (summary == 0) return 0;
  const word = 31 - clz(summary);
  const at = levels + word * 4;
  const level = (word << 5) | (31 - clz(load<u32>(at)));
  store<u32>(at, load<u32>(at) & ~(1 << (level & 31)));
  if (load<u32>(at) == 0) summary &= ~(1 << word);
  return load<u32>(heads + level * 4);
}

export function runqueue(rounds: u32): u32 {
  let seed: u32 = 1;
  let sum: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) {
    seed = seed * 1103515245 + 12345;
    insert(seed >> 24, i + 1);
    if (i & 1) sum += take();
    if ((i & 3) == 3) sum ^= take();
  }
  return sum;
}

// @ts-ignore: decorator
@unmanaged
class Mapping {
  child: Mapping | null;
  sibling: Mapping | null;
  space: u32;
  address: u32;
}

const mappings: usize = memory.data(64 * 16, 4);
let unmapped: u32 = 0;

function revoke(m: Mapping, space: u32): void {
  let c = m.child;
  while (c) {
    const next = c.sibling;
    revoke(c, space);
    c = next;
  }
  m.child = null;
  if (m.space == space) return;
  unmapped += m.address >> 12;
  m.space = 0;
}

export function revocation(rounds: u32): u32 {
  unmapped = 0;
  for (let r: u32 = 0; r < rounds; r++) {
    for (let i: u32 = 0; i < 64; i++) {
      const m = changetype<Mapping>(mappings + i * 16);
      m.child = m.sibling = null;
      m.space = i % 5;
      m.address = (i + r) << 12;
      if (i > 0) {
        const parent = changetype<Mapping>(mappings + ((i - 1) >> 1) * 16);
        m.sibling = parent.child;
        parent.child = m;
      }
    }
    revoke(changetype<Mapping>(mappings), r % 5);
  }
  return unmapped;
}
