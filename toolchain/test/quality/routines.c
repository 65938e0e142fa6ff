/* The C twins of guest/*.ts: the same algorithms on the same data. Only compiled for the comparison (verify/quality.ts). */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int i32;
typedef unsigned long long u64;

__asm__(".section .text.unlikely\n.long 0x1badb002, 0, -0x1badb002\n"
        ".text\n.globl _start\n_start: mov $0x200000, %esp\n call main_\n mov $0, %al\n outb %al, $0xf4\n");

static inline void mark(u32 value) { __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"((u16)0x80)); }

/* list: two queues of threads; each thread in turn goes from the one it is in to the tail of the other. */
typedef struct Thread { struct Thread *next, *prev; u32 priority, state; } Thread;
typedef struct { Thread *head; u32 length; } Queue;
static Thread threads[32];
static Queue ready, blocked;

static void enqueue(Queue *q, Thread *t) {
  if (!q->head) {
    q->head = t->next = t->prev = t;
  } else {
    Thread *tail = q->head->prev;
    t->next = q->head;
    t->prev = tail;
    tail->next = t;
    q->head->prev = t;
  }
  q->length++;
}

static void dequeue(Queue *q, Thread *t) {
  if (t->next == t) {
    q->head = 0;
  } else {
    t->next->prev = t->prev;
    t->prev->next = t->next;
    if (q->head == t) q->head = t->next;
  }
  q->length--;
}

u32 list(u32 rounds) {
  ready.head = blocked.head = 0;
  ready.length = blocked.length = 0;
  for (u32 i = 0; i < 32; i++) {
    Thread *t = &threads[i];
    t->priority = i * 7;
    t->state = 0;
    enqueue(&ready, t);
  }
  u32 sum = 0, seed = 1;
  for (u32 i = 0; i < rounds; i++) {
    seed = seed * 1103515245 + 12345;
    Thread *t = &threads[seed >> 27];
    if (t->state) {
      dequeue(&blocked, t);
      enqueue(&ready, t);
    } else {
      dequeue(&ready, t);
      enqueue(&blocked, t);
    }
    t->state ^= 1;
    sum += ready.length + t->priority;
  }
  return sum;
}

/* runqueue: the highest of 256 levels by a bitmap of two stages. */
static u32 heads[256], levels[8], summary;

static void insert(u32 level, u32 value) {
  heads[level] = value;
  levels[level >> 5] |= 1u << (level & 31);
  summary |= 1u << (level >> 5);
}

static u32 take(void) {
  if (summary == 0) return 0;
  u32 word = 31 - __builtin_clz(summary);
  u32 level = (word << 5) | (31 - __builtin_clz(levels[word]));
  levels[word] &= ~(1u << (level & 31));
  if (levels[word] == 0) summary &= ~(1u << word);
  return heads[level];
}

u32 runqueue(u32 rounds) {
  u32 seed = 1, sum = 0;
  for (u32 i = 0; i < rounds; i++) {
    seed = seed * 1103515245 + 12345;
    insert(seed >> 24, i + 1);
    if (i & 1) sum += take();
    if ((i & 3) == 3) sum ^= take();
  }
  return sum;
}

/* pagewalk: two levels, with the rights that an access needs; 0 where it is refused. */
static u32 directory[1024] __attribute__((aligned(4096))), tables[4][1024] __attribute__((aligned(4096)));

static u32 translate(u32 address, u32 rights) {
  u32 pde = directory[address >> 22];
  if ((pde & rights) != rights) return 0;
  if (pde & 0x80) return (pde & 0xffc00000) | (address & 0x3fffff);
  u32 *slot = (u32 *)(pde & 0xfffff000) + ((address >> 12) & 1023);
  u32 pte = *slot;
  if ((pte & rights) != rights) return 0;
  *slot = pte | 0x20 | (rights & 2 ? 0x40 : 0);
  return (pte & 0xfffff000) | (address & 4095);
}

u32 pagewalk(u32 rounds) {
  for (u32 i = 0; i < 4; i++) {
    directory[i] = (u32)tables[i] | 7;
    for (u32 k = 0; k < 1024; k++) tables[i][k] = ((i * 1024 + k) << 12) | (k % 5 == 0 ? 5 : 7);
  }
  directory[4] = 0x01000087;
  u32 sum = 0, address = 0;
  for (u32 i = 0; i < rounds; i++) {
    address = (address + 0x13579) & 0x1ffffff;
    sum += translate(address, i & 1 ? 7 : 5);
  }
  return sum;
}

/* ring: requests of a shared ring with free-running indices. */
typedef struct { u32 operation, reference, length; u16 id; u8 flags, status; } Request;
typedef struct { u32 produced, consumed; Request slots[32]; } Ring;
static Ring ring;

static i32 push(Ring *r, u32 operation, u32 reference, u32 length) {
  if (r->produced - r->consumed == 32) return -1;
  Request *q = &r->slots[r->produced & 31];
  q->operation = operation;
  q->reference = reference;
  q->length = length;
  q->id = r->produced;
  q->flags = operation & 1;
  q->status = 0;
  r->produced++;
  return 0;
}

static u32 pop(Ring *r) {
  if (r->produced == r->consumed) return 0;
  Request *q = &r->slots[r->consumed & 31];
  q->status = 1;
  u32 value = q->length + q->reference + q->id + q->flags;
  r->consumed++;
  return value;
}

u32 ringProtocol(u32 rounds) {
  u32 sum = 0;
  ring.produced = ring.consumed = 0;
  for (u32 i = 0; i < rounds; i++) {
    if (push(&ring, i & 3, i << 12, i & 1500) < 0) sum += pop(&ring);
    if ((i & 7) == 7)
      for (u32 k = 0; k < 5; k++) sum += pop(&ring);
  }
  return sum;
}

/* message: untyped words are copied, map items checked and recorded. */
static u32 sender[64], receiver[64], recorded[64];

static u32 transfer(u32 *from, u32 *to) {
  u32 tag = from[0], untyped = tag & 63, typed = (tag >> 6) & 63;
  if (untyped + typed > 63) return 1;
  to[0] = tag;
  for (u32 i = 1; i <= untyped; i++) to[i] = from[i];
  for (u32 i = untyped + 1; i + 1 <= untyped + typed; i += 2) {
    u32 base = from[i], page = from[i + 1];
    if ((base & 15) != 8 || ((page >> 4) & 63) < 12) return 2;
    recorded[i & 63] = page & 0xfffff3ff;
    to[i] = base;
    to[i + 1] = page & ~7u;
  }
  return 0;
}

u32 message(u32 rounds) {
  u32 sum = 0;
  for (u32 i = 0; i < rounds; i++) {
    u32 n = i & 15;
    sender[0] = n | (i & 1 ? 4 << 6 : 0);
    for (u32 k = 1; k <= n; k++) sender[k] = i + k;
    for (u32 k = n + 1; k < n + 5; k += 2) {
      sender[k] = 0x1008;
      sender[k + 1] = (i << 12) | (12 << 4) | 7;
    }
    sum += transfer(sender, receiver) + receiver[n];
  }
  return sum;
}

/* bitmap: frames are allocated from the lowest free bit on and freed again. */
static u32 bitmap[64];

static i32 allocate(void) {
  for (u32 i = 0; i < 64; i++) {
    u32 word = bitmap[i];
    if (word == 0xffffffff) continue;
    u32 bit = __builtin_ctz(~word);
    bitmap[i] = word | (1u << bit);
    return i * 32 + bit;
  }
  return -1;
}

static void release(u32 frame) { bitmap[frame >> 5] &= ~(1u << (frame & 31)); }

u32 bitmapAllocator(u32 rounds) {
  for (u32 i = 0; i < 64; i++) bitmap[i] = 0;
  u32 sum = 0;
  for (u32 i = 0; i < rounds; i++) {
    i32 a = allocate();
    if (a >= 0) sum += a;
    if (i % 3 == 0) release((i * 5) & 255);
  }
  return sum;
}

/* hash: names in chains. */
typedef struct Entry { struct Entry *next; u32 hash, value; u8 name[20]; } Entry;
static Entry entries[64], *buckets[32];

static u32 hashOf(const u8 *name) {
  u32 h = 2166136261u;
  for (; *name; name++) h = (h ^ *name) * 16777619u;
  return h;
}

static Entry *lookup(const u8 *name) {
  u32 h = hashOf(name);
  for (Entry *e = buckets[h & 31]; e; e = e->next) {
    if (e->hash != h) continue;
    u32 i = 0;
    while (e->name[i] == name[i] && name[i]) i++;
    if (e->name[i] == name[i]) return e;
  }
  return 0;
}

static void nameOf(u32 n, u8 *name) {
  name[0] = 'f';
  name[1] = 'a' + (n & 15);
  name[2] = 'a' + ((n >> 4) & 15);
  name[3] = 'x';
  name[4] = 0;
}

u32 hash(u32 rounds) {
  static u8 name[20];
  for (u32 i = 0; i < 32; i++) buckets[i] = 0;
  for (u32 i = 0; i < 64; i++) {
    Entry *e = &entries[i];
    nameOf(i * 3, e->name);
    e->hash = hashOf(e->name);
    e->value = i;
    e->next = buckets[e->hash & 31];
    buckets[e->hash & 31] = e;
  }
  u32 sum = 0;
  for (u32 i = 0; i < rounds; i++) {
    nameOf(i, name);
    Entry *e = lookup(name);
    if (e) sum += e->value;
  }
  return sum;
}

/* checksum: the one's complement sum of the Internet protocols. */
static u8 packet[1500];

static u32 internetChecksum(const u8 *data, u32 length) {
  u32 sum = 0;
  for (; length > 1; length -= 2, data += 2) sum += *(const u16 *)data;
  if (length) sum += *data;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

u32 checksum(u32 rounds) {
  for (u32 i = 0; i < 1500; i++) packet[i] = i * 31;
  u32 sum = 0;
  for (u32 i = 0; i < rounds; i++) sum += internetChecksum(packet + (i & 3) * 2, 60 + (i & 255));
  return sum;
}

/* strings: length, comparison, and search of a word in a command line. */
static u8 line[128], word[16];

static u32 length(const u8 *s) {
  u32 n = 0;
  while (s[n]) n++;
  return n;
}

static i32 compare(const u8 *a, const u8 *b) {
  while (*a && *a == *b) {
    a++;
    b++;
  }
  return *a - *b;
}

static const u8 *find(const u8 *text, const u8 *what) {
  u32 n = length(what);
  for (; *text; text++) {
    u32 i = 0;
    while (i < n && text[i] == what[i]) i++;
    if (i == n) return text;
  }
  return 0;
}

u32 strings(u32 rounds) {
  for (u32 i = 0; i < 127; i++) line[i] = i % 6 == 5 ? ' ' : 'a' + (i * 7) % 26;
  line[127] = 0;
  u32 sum = 0;
  for (u32 i = 0; i < rounds; i++) {
    u32 at = (i * 13) % 110;
    for (u32 k = 0; k < 5; k++) word[k] = line[at + k];
    word[5] = 0;
    const u8 *found = find(line, word);
    if (found) sum += found - line;
    sum += compare(line + at, word);
  }
  return sum;
}

/* descriptors: segments and gates packed into two words. */
static u32 descriptors[64][2];

static void setSegment(u32 *slot, u32 base, u32 limit, u32 type, u32 dpl) {
  slot[0] = (limit & 0xffff) | (base << 16);
  slot[1] = ((base >> 16) & 0xff) | (type << 8) | (dpl << 13) | 0x8000 | (limit & 0xf0000) | 0xc00000 | (base & 0xff000000);
}

static void setGate(u32 *slot, u32 selector, u32 offset, u32 type, u32 dpl) {
  slot[0] = (selector << 16) | (offset & 0xffff);
  slot[1] = (offset & 0xffff0000) | 0x8000 | (dpl << 13) | (type << 8);
}

u32 descriptorTables(u32 rounds) {
  u32 sum = 0;
  for (u32 i = 0; i < rounds; i++) {
    u32 *slot = descriptors[i & 63];
    if (i & 1) setSegment(slot, i * 0x12345, i * 77, 0x1a, i & 3);
    else setGate(slot, 8, 0xc0100000 + i * 16, 14, (i >> 2) & 3);
    sum += slot[0] ^ slot[1];
  }
  return sum;
}

/* time: 64-bit sums, differences, comparisons and scaling. */
typedef struct { u64 deadline, used, started; u32 weight, period; } Account;
static Account accounts[8];

static u64 scale(u64 cycles, u32 factor) { return (cycles >> 32) * factor + (((cycles & 0xffffffff) * factor) >> 32); }

u32 time64(u32 rounds) {
  u64 now = 1;
  for (u32 i = 0; i < 8; i++) {
    accounts[i].deadline = accounts[i].used = accounts[i].started = 0;
    accounts[i].weight = i * 3 + 1;
    accounts[i].period = 1000 << i;
  }
  u32 sum = 0;
  for (u32 i = 0; i < rounds; i++) {
    u32 best = 0;
    for (u32 k = 1; k < 8; k++)
      if (accounts[k].deadline < accounts[best].deadline) best = k;
    Account *a = &accounts[best];
    a->started = now;
    now += 12345 + (i & 1023);
    a->used += (now - a->started) * a->weight;
    a->deadline += a->period;
    if (a->used > 0x300000000ull) a->used >>= 3;
    sum += (u32)scale(a->used, 0x89705f41) ^ best;
  }
  return sum ^ (u32)(now >> 20);
}

/* dispatch: system calls by number. */
static u32 files[16], position, brk, mask;

static i32 call(u32 number, u32 a, u32 b, u32 c) {
  switch (number) {
    case 1:
      return -1;
    case 3:
      return a < 16 && files[a] ? (i32)(files[a] + b) : -9;
    case 4:
      if (a >= 16) return -9;
      files[a] += c;
      return c;
    case 5:
      for (u32 i = 0; i < 16; i++)
        if (!files[i]) {
          files[i] = b | 1;
          return i;
        }
      return -24;
    case 6:
      if (a >= 16) return -9;
      files[a] = 0;
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
      u32 old = mask;
      mask = a & 0777;
      return old;
    }
    case 64:
      return 1;
    default:
      return -38;
  }
}

u32 dispatch(u32 rounds) {
  static const u8 numbers[16] = {64, 3, 4, 5, 6, 20, 64, 45, 60, 64, 13, 19, 1, 99, 64, 3};
  for (u32 i = 0; i < 16; i++) files[i] = 0;
  position = brk = mask = 0;
  u32 sum = 0;
  for (u32 i = 0; i < rounds; i++) sum += call(numbers[i & 15], i & 31, i, i * 3);
  return sum;
}

/* sort: by insertion, then a binary search for each. */
static u32 values[64];

u32 sort(u32 rounds) {
  u32 sum = 0, seed = 7;
  for (u32 r = 0; r < rounds; r++) {
    for (u32 i = 0; i < 64; i++) {
      seed = seed * 1664525 + 1013904223;
      values[i] = seed >> 8;
    }
    for (u32 i = 1; i < 64; i++) {
      u32 v = values[i];
      i32 k = i - 1;
      for (; k >= 0 && values[k] > v; k--) values[k + 1] = values[k];
      values[k + 1] = v;
    }
    for (u32 i = 0; i < 64; i++) {
      u32 low = 0, high = 64, wanted = values[i];
      while (low < high) {
        u32 middle = (low + high) >> 1;
        if (values[middle] < wanted) low = middle + 1;
        else high = middle;
      }
      sum += low;
    }
  }
  return sum;
}

/* print: numbers in decimal and hexadecimal. */
static u8 text[64];

static u8 *decimal(u8 *to, u32 value) {
  u8 digits[10];
  u32 n = 0;
  do {
    digits[n++] = '0' + value % 10;
    value /= 10;
  } while (value);
  while (n) *to++ = digits[--n];
  return to;
}

static u8 *hexadecimal(u8 *to, u32 value) {
  for (i32 shift = 28; shift >= 0; shift -= 4) {
    u32 digit = (value >> shift) & 15;
    *to++ = digit < 10 ? '0' + digit : 'a' - 10 + digit;
  }
  return to;
}

u32 print(u32 rounds) {
  u32 sum = 0;
  for (u32 i = 0; i < rounds; i++) {
    u8 *end = decimal(text, i * 98765);
    *end++ = ' ';
    end = hexadecimal(end, i * 0x1357);
    sum += (end - text) * end[-1] + text[0];
  }
  return sum;
}

/* revoke: a tree of mappings, taken down by depth. */
typedef struct Mapping { struct Mapping *child, *sibling; u32 space, address; } Mapping;
static Mapping mappings[64];
static u32 unmapped;

static void revoke(Mapping *m, u32 space) {
  for (Mapping *c = m->child; c;) {
    Mapping *next = c->sibling;
    revoke(c, space);
    c = next;
  }
  m->child = 0;
  if (m->space == space) return;
  unmapped += m->address >> 12;
  m->space = 0;
}

u32 revocation(u32 rounds) {
  unmapped = 0;
  for (u32 r = 0; r < rounds; r++) {
    for (u32 i = 0; i < 64; i++) {
      Mapping *m = &mappings[i];
      m->child = m->sibling = 0;
      m->space = i % 5;
      m->address = (i + r) << 12;
      if (i > 0) {
        Mapping *parent = &mappings[(i - 1) >> 1];
        m->sibling = parent->child;
        parent->child = m;
      }
    }
    revoke(&mappings[0], r % 5);
  }
  return unmapped;
}

#define RUN(routine, rounds) mark(0), mark(routine(rounds))
void main_(void) {
  RUN(list, 2000);
  RUN(runqueue, 2000);
  RUN(pagewalk, 8000);
  RUN(ringProtocol, 2000);
  RUN(message, 2000);
  RUN(bitmapAllocator, 1500);
  RUN(hash, 1000);
  RUN(checksum, 300);
  RUN(strings, 300);
  RUN(descriptorTables, 4000);
  RUN(time64, 1000);
  RUN(dispatch, 4000);
  RUN(sort, 10);
  RUN(print, 1000);
  RUN(revocation, 50);
}
