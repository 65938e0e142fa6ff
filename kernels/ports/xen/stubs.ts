// Functions and addresses of kernels/ports/xen/stubs.
export declare function switchContext(from: usize, to: usize): void;
export declare function resumeUser(): void;
export declare function copyFromUser(to: usize, from: usize, length: u32): i32;
export declare function copyToUser(to: usize, from: usize, length: u32): i32;

/** Hypercalls: the number and up to two, or four, arguments. */
export declare function hypercall2(number: u32, a: u32, b: u32): i32;
export declare function hypercall4(number: u32, a: u32, b: u32, c: u32, d: u32): i32;

/** int 80h. */
export declare function systemCall(): void;

export declare function addressOf_trapTable(): u32;
/** Code addresses by port; code addresses by function index. */
export declare function addressOf_eventHandlers(): u32;
export declare function addressOf___function_table(): u32;
export declare function addressOf_eventCallback(): u32;
export declare function addressOf_failsafeCallback(): u32;
/** A page for the page table of the fixmap. */
export declare function addressOf_fixmapTable(): u32;
export declare function addressOf_threadStart(): u32;
export declare function addressOf_entryPageStart(): u32;
export declare function addressOf_copyShort(): u32;
export declare function addressOf_copyLong(): u32;
export declare function addressOf_copyEnd(): u32;
export declare function addressOf_copyFailedShort(): u32;
export declare function addressOf_copyFailedLong(): u32;
