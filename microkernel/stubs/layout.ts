// What the stubs know of the address map and of states; kernel/layout.ts and kernel/tcb.ts are the other side (a test holds the
// twins against each other). Offsets of fields come from the classes.

/** How many TCBs there are, and log2 of a TCB's size. */
export const THREADS = 256;
export const TCB_SHIFT = 8;

export const STATE = { ready: 1, waiting: 2, idle: 9 } as const;

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
