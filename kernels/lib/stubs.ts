// Functions of kernels/lib/stubs.

/** Can EFLAGS.ID be toggled? */
export declare function hasCpuid(): u32;
