// Functions of workloads/stubs: calls of the kernel through its entry routine.
export declare function systemCall0(number: u32): i32;
export declare function systemCall1(number: u32, a: u32): i32;
export declare function systemCall2(number: u32, a: u32, b: u32): i32;
export declare function systemCall3(number: u32, a: u32, b: u32, c: u32): i32;
export declare function systemCall4(number: u32, a: u32, b: u32, c: u32, d: u32): i32;
export declare function systemCall5(number: u32, a: u32, b: u32, c: u32, d: u32, e: u32): i32;
export declare function systemCall6(number: u32, a: u32, b: u32, c: u32, d: u32, e: u32, f: u32): i32;

/** Where the address of the entry routine lies. */
export declare function addressOf_systemEntry(): u32;
/** The entry routine that is nothing but int 0x80. */
export declare function addressOf_rawEntry(): u32;
/** What the kernel enters for a signal, and what the handler returns to. */
export declare function addressOf_signalEntry(): u32;
export declare function addressOf_signalReturn(): u32;
