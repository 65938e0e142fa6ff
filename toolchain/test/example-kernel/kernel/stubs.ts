// What the stubs define: functions, and addresses of symbols.
export declare function reloadSegments(): void;
export declare function enterUser(entry: u32, stack: u32): void;

export declare function addressOf_program(): u32;
export declare function addressOf_kernelStackTop(): u32;
export declare function addressOf_enterSystemCall(): u32;
export declare function addressOf_enterPageFault(): u32;
export declare function addressOf_enterOther(): u32;
