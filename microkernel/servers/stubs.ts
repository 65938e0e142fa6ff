// Functions of microkernel/stubs/user.ts: the system calls of L4 X.2.

/** Address of the calling thread's UTCB: message register 0; control registers lie below it. */
export declare function utcb(): usize;
/**
 * Sends the message in the UTCB to `to` (0: no send phase), then receives from `from` (0: no receive phase). The
 * result is the sender; MR0 holds the tag received, with TAG_ERROR when a phase failed.
 */
export declare function ipc(to: u32, from: u32, timeouts: u32): u32;
export declare function threadControl(dest: u32, space: u32, scheduler: u32, pager: u32, utcb: u32): u32;
export declare function spaceControl(space: u32, kip: u32, utcb: u32): u32;
export declare function exchangeRegisters(dest: u32, control: u32, sp: u32, ip: u32): u32;
export declare function setPriority(dest: u32, priority: u32): u32;
/** Microseconds. */
export declare function systemClock(): u64;
/** Gives the processor to `dest`, or to whoever is next. */
export declare function threadSwitch(dest: u32): void;
export declare function unmap(control: u32, fpage: u32): u32;
export declare function componentName(thread: u32, what: u32, name: usize): u32;
export declare function systemCall(entry: usize, number: u32, a: u32, b: u32, c: u32): i32;
