/**
 * What the stubs know of the kernel's structures and of the address map. The AssemblyScript side is kernel/tcb.ts and
 * kernel/layout.ts; `checkLayout()` there refuses to boot when the two differ.
 */
export const TCB = {
  globalId: 0x00,
  state: 0x04,
  partner: 0x08,
  utcb: 0x0c,
  localId: 0x10,
  directory: 0x14,
  senders: 0x1c,
  ioMap: 0x20,
  exit: 0x24,
  entry: 0x28,
  /** Of the saved registers: kernels/lib/trapframe.ts at the end of the TCB. */
  frame: 0xc8,
  frameEip: 0xec,
  size: 0x100,
} as const;

/** log2 of the TCB's size, and how many there are. */
export const TCB_SHIFT = 8;
export const THREADS = 256;

export const STATE = { ready: 1, waiting: 2, idle: 9 } as const;

/** In TrapFrame, from its start. */
export const FRAME = {
  edi: 0,
  esi: 4,
  ebp: 8,
  ebx: 16,
  edx: 20,
  ecx: 24,
  eax: 28,
  error: 32,
  eip: 36,
  cs: 40,
  eflags: 44,
  esp: 48,
  ss: 52,
} as const;

export const SELECTOR = { kernelCode: 0x08, kernelData: 0x10, userCode: 0x1b, userData: 0x23, utcb: 0x2b, task: 0x30 };

/** Vector of IPC; the other system calls follow in the order of kernel/syscalls.ts. */
export const VECTOR_IPC = 0x30;
export const SYSTEM_CALL_VECTORS = 12;

/** Interrupts enabled, IOPL 0. */
export const USER_FLAGS = 0x202;

/** Where user mode sees the kernel interface page, and the page with the programs' entry routine behind it. */
export const KIP = 0xbfffe000;
export const ENTRY_PAGE = 0xbffff000;
/** The pager's page for the entry routine, read-only for the program, and its windows for shared buffers. */
export const PERSONALITY = 0xbff20000;
export const SHARED_BUFFER = 0xbff30000;
export const PACKET_BUFFER = 0xbff40000;

/** Words of the page at PERSONALITY; servers/personality.ts is its other side. */
export const PERSONAL = { service: 0, pager: 4, partner: 8, driver: 12, entry: 16, handler: 20, vector: 24 } as const;

export const KERNEL_BASE = 0xf0000000;
