// Functions of workloads/stubs/hostile.ts. Each returns 0 when the attempt succeeded, 1 when it was refused.
export declare function attemptRead(address: usize): u32;
export declare function attemptWrite(address: usize, value: u32): u32;
export declare function attemptPort(): u32;
export declare function attemptPrivileged(): u32;
/** A hypercall (console_io) from ring 3. */
export declare function attemptHypercall(): u32;

// A null call with both data segments null, with the direction flag set, with the nested-task flag set.
export declare function callWithNullSegments(): i32;
export declare function callBackwards(): i32;
export declare function callInNestedTask(): i32;

/** Where the kernel shall resume after a refusal. */
export declare function addressOf_attemptRefused(): u32;
