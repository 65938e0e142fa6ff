// Functions of workloads/stubs/program.ts: one call of the kernel through its entry routine.
export declare function systemCall0(number: u32): i32;
export declare function systemCall1(number: u32, a: u32): i32;
export declare function systemCall2(number: u32, a: u32, b: u32): i32;
export declare function systemCall3(number: u32, a: u32, b: u32, c: u32): i32;

/** Where the address of the entry routine lies. */
export declare function addressOf_systemEntry(): u32;
