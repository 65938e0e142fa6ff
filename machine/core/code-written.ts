import { dropRuns } from './decode-cache';

/** Decoded instructions that overlap these bytes of guest RAM must be decoded again. */
export function codeWritten(physical: u32, length: u32): void { dropRuns(physical, length); }
