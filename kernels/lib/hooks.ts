// Hook symbols. A call of one of these emits no instruction: it puts a label on the next one, which the image's note
// lists, so that the machine can tell its observers when that instruction is reached. Nothing is executed, no cycle is
// spent, and the image's bytes are the same with and without an observer. A label may occur at several addresses. (Where
// the next instruction is one that other paths reach too, as after `if (x) __hook();`, the label gets a NOP of its own.)

// The measured part of one repetition, in programs and in kernel benchmarks.
export declare function __region_begin(): void;
export declare function __region_end(): void;

// The current-thread word has just been written.
export declare function __switch_commit(): void;

// A record of the component table is complete, or has been removed.
export declare function __component_created(): void;
export declare function __component_gone(): void;

// Code that a kernel supplies to user mode starts and ends here: it counts to that kernel.
export declare function __stub_enter(): void;
export declare function __stub_leave(): void;

// An IPC leaves the fast path.
export declare function __ipc_slow(): void;

// One unit of work is done: what comparisons hold against each other.
export declare function __work_syscall(): void;
export declare function __work_fault(): void;
export declare function __work_pte(): void;
export declare function __work_validated(): void;
export declare function __work_zeroed(): void;
export declare function __work_packet(): void;
export declare function __work_ipc(): void;
export declare function __work_event(): void;
export declare function __work_grant(): void;
