// Functions and addresses of kernels/ports/native/stubs.
export declare function switchContext(from: usize, to: usize): void;
export declare function resumeUser(): void;
/** Loads CS, SS, DS and ES from the new descriptor table. */
export declare function reloadSegments(): void;
export declare function copyFromUser(to: usize, from: usize, length: u32): i32;
export declare function copyToUser(to: usize, from: usize, length: u32): i32;

export declare function addressOf_kernelDirectory(): u32;
export declare function addressOf_descriptorTable(): u32;
export declare function addressOf_interruptTable(): u32;
export declare function addressOf_taskState(): u32;
export declare function addressOf_vectorTable(): u32;
export declare function addressOf_enterByInterrupt(): u32;
export declare function addressOf_enterBySysenter(): u32;
export declare function addressOf_threadStart(): u32;
export declare function addressOf_entryPageStart(): u32;
export declare function addressOf_copyShort(): u32;
export declare function addressOf_copyLong(): u32;
export declare function addressOf_copyEnd(): u32;
export declare function addressOf_copyFailedShort(): u32;
export declare function addressOf_copyFailedLong(): u32;
