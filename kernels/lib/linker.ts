// Constants that the linker knows: bounds of the image's sections as linear addresses (each page-aligned), and the
// distance from a linear to its load address. Each call becomes an immediate operand.
export declare function __text_start(): u32;
export declare function __text_end(): u32;
export declare function __rodata_start(): u32;
export declare function __rodata_end(): u32;
export declare function __data_start(): u32;
export declare function __data_end(): u32;
export declare function __bss_start(): u32;
export declare function __bss_end(): u32;
export declare function __image_end(): u32;

// base - load, modulo 2^32: subtract it from a linear address of the image to get the physical one.
export declare function __load_offset(): u32;
