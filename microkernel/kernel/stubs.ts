// Functions and addresses of the stubs (microkernel/stubs).

/** Reloads ES, FS and GS when a user planted others there; 1: they were wrong. */
export declare function repairSegments(): u32;
/** Loads GDT, IDT, segments and task register. */
export declare function loadTables(gdtPointer: usize, idtPointer: usize): void;

export declare function addressOf_tcbs(): usize;
export declare function addressOf_tss(): usize;
export declare function addressOf_gdt(): usize;
export declare function addressOf_idt(): usize;
export declare function addressOf_ioMaps(): usize;
export declare function addressOf_utcbPointer(): usize;
export declare function addressOf_kernelDirectory(): usize;
export declare function addressOf_utcbPointerTable(): usize;
export declare function addressOf_windowTables(): usize;
export declare function addressOf_trapEntries(): usize;
export declare function addressOf_ipcBySysenter(): usize;
export declare function addressOf_ipcByInterruptSlow(): usize;
export declare function addressOf_kernelStackTop(): usize;

// The two pages that user level sees (stubs/kip.ts, stubs/programs.ts).
export declare function addressOf_kip(): usize;
export declare function addressOf_kipIpcInt(): usize;
export declare function addressOf_kipIpcSysenter(): usize;
export declare function addressOf_kipUnmap(): usize;
export declare function addressOf_kipExchangeRegisters(): usize;
export declare function addressOf_kipSystemClock(): usize;
export declare function addressOf_kipThreadSwitch(): usize;
export declare function addressOf_kipSchedule(): usize;
export declare function addressOf_kipSpaceControl(): usize;
export declare function addressOf_kipThreadControl(): usize;
export declare function addressOf_kipProcessorControl(): usize;
export declare function addressOf_kipMemoryControl(): usize;
export declare function addressOf_kipComponentName(): usize;
export declare function addressOf_programEntryInt(): usize;
export declare function addressOf_programEntrySysenter(): usize;
export declare function addressOf_programStart(): usize;
export declare function addressOf_programResume(): usize;
