// Functions of microkernel/stubs/hostile.ts and, the first, of user.ts.

/** LOCK NOP: the address of the kernel interface page. */
export declare function kernelInterface(): usize;

// Of microkernel/stubs/hostile.ts: each returns 0 when the processor let it pass, 1 when it was refused.
export declare function attemptRead(address: usize): u32;
export declare function attemptWrite(address: usize, value: u32): u32;
export declare function attemptJump(address: usize): u32;
export declare function attemptPort(port: u32): u32;
export declare function attemptPrivileged(): u32;
/** Calls the victim with null in DS, ES, FS and GS; with direction and nested-task flags set. */
export declare function plantSegments(victim: u32): void;
export declare function plantFlags(victim: u32): void;
/** Enters the kernel by SYSENTER with the trap flag set. */
export declare function plantStep(): void;
/** Where the kernel shall resume after a refusal. */
export declare function addressOf_attemptRefused(): u32;
