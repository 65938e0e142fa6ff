// Functions of workloads/stubs/hostile.ts. Each returns 0 when the attempt succeeded, 1 when it was refused.
export declare function attemptRead(address: usize): u32;
export declare function attemptWrite(address: usize, value: u32): u32;
export declare function attemptPort(): u32;
export declare function attemptPrivileged(): u32;

/** Where the kernel shall resume after a refusal. */
export declare function addressOf_attemptRefused(): u32;
