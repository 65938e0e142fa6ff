// What the hostile program and its victim say to each other.

/** To the victim: it is over, look at your memory. */
export const HOSTILE_DONE: u32 = 0x200;
