// What the guest supplies (../README.md), as a port calls it: by the symbol's name, so that no port imports the kernel that
// imports it.
export declare function kernelMain(): void;
export declare function timerTick(): void;
export declare function consoleInput(byte: u32): void;
export declare function diskDone(failed: u32): void;
export declare function packetsDone(count: u32): void;
export declare function sleepOn(queue: usize): void;
export declare function wakeAll(queue: usize): void;

export declare function addressOf_timerTick(): u32;
