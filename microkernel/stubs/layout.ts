// What stubs must know where the compiled code that says it is of another image: programs of the kernel, the kernel of its
// servers, the fast path of a TCB's size before the class is laid out. All else is asked for by name (a.constant, a.struct).
// kernel/layout.ts and servers/personality.ts are the other side (a test holds the twins against each other).

/** Log2 of a TCB's size (kernel/tcb.ts asserts it). */
export const TCB_SHIFT = 8;

/** Vector of IPC; the other system calls follow in the order of kernel/syscalls.ts. */
export const VECTOR_IPC = 0x30;

/** The flat data segment of user level. */
export const USER_DATA = 0x23;

/** Where user mode sees the kernel interface page, and the page with the programs' entry routine behind it. */
export const KIP = 0xbfffe000;
export const ENTRY_PAGE = 0xbffff000;
/** The pager's page for the entry routine, read-only for the program, and its windows for shared buffers. */
export const PERSONALITY = 0xbff20000;
export const SHARED_BUFFER = 0xbff30000;
export const PACKET_BUFFER = 0xbff40000;

/** Words of the page at PERSONALITY; servers/personality.ts is its other side. */
export const PERSONAL = { service: 0, pager: 4, partner: 8, driver: 12, entry: 16, handler: 20, vector: 24 } as const;
