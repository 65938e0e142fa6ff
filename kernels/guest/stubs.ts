// Areas of memory that stubs/areas.ts sets aside: tables too large for the image, cleared at the start.
export declare function addressOf_pageDescriptors(): u32;
export declare function addressOf_inodeTable(): u32;
export declare function addressOf_processTable(): u32;
export declare function addressOf_threadStacks(): u32;
export declare function addressOf_regionTable(): u32;
export declare function addressOf_fileTable(): u32;
export declare function addressOf_nameTable(): u32;
