/*
 * What the core asks of the host; imports of module `host` (asc names an import after its file).
 */

/** A port read of 1, 2 or 4 bytes. */
export declare function portRead(port: u32, size: u32): u32;
export declare function portWrite(port: u32, size: u32, value: u32): void;

/** Device memory: any physical address outside guest RAM. */
export declare function mmioRead(physical: u32, size: u32): u32;
export declare function mmioWrite(physical: u32, size: u32, value: u32): void;

/** The vector from the 8259, whose request line is up. */
export declare function acknowledge(): u32;

/** An instruction at a hooked linear address is about to execute. */
export declare function hook(linear: u32): void;

/** CPL has changed while a crossing observer is attached. */
export declare function cplChanged(reason: u32): void;

/** The ledger rows for the next change of CPL are out of date. */
export declare function componentStale(): void;
