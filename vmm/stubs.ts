// Functions and labels of vmm/stubs.
import { UserRegs } from '../kernels/lib/xen/arch';
import { EventOp } from '../kernels/lib/xen/events';

/** Where the running guest's registers lie (struct cpu_user_regs). */
export declare function addressOf_guestFrame(): u32;
export declare function addressOf_bootDirectory(): u32;

/** The stretches of code in which a fault is the guest's (traps.ts). */
export declare function addressOf_bounceBegin(): u32;
export declare function addressOf_bounceEnd(): u32;
export declare function addressOf_restoreBegin(): u32;
export declare function addressOf_restoreEnd(): u32;

export declare function addressOf_hypercall(): u32;
/** Tables of 20 and 16 entry addresses. */
export declare function addressOf_exceptionEntries(): u32;
export declare function addressOf_irqEntries(): u32;
export declare function addressOf_bootInformation(): u32;

export declare function loadVmmSegments(): void;
/** Stores the running guest's registers (struct cpu_user_regs) at `to`, and takes those at `from` as the running ones. */
export declare function exchangeFrames(to: UserRegs, from: UserRegs): void;
/** fs | gs << 16. */
export declare function readFsGs(): u32;
export declare function loadFsGs(fsGs: u32): void;

/** Hypercall 16. */
export declare function eventChannelOp(op: EventOp): i32;
