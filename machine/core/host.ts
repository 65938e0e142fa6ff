/** What the host supplies: the imports of module `host`. */
export declare function portRead(port: u32, size: u32): u32;
export declare function portWrite(port: u32, size: u32, value: u32): void;
export declare function mmioRead(physical: u32, size: u32): u32;
export declare function mmioWrite(physical: u32, size: u32, value: u32): void;
/** INTA: the vector of the interrupt that the 8259 asserts. */
export declare function acknowledge(): u32;
/** An instruction at a hooked linear address is about to execute. */
export declare function hook(linear: u32): void;
/** The privilege level has changed; only while OBSERVE_CROSSINGS is set. `reason` is an event number. */
export declare function cplChanged(reason: u32): void;
/** A vector is about to be delivered, by `kind` (exception.ts); only while OBSERVE_EXCEPTIONS is set. */
export declare function exception(vector: u32, kind: u32, code: u32, back: u32): void;
/** The ledger row for `cpl`, which is being entered, is not known (0): the host must fill ROW_AFTER_TRAP and _RETURN. */
export declare function componentStale(cpl: u32): void;
