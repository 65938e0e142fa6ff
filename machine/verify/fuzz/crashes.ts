/**
 * Seeds with which the fuzzer once found a failure, with what it was; each stays a test. (A seed means the same program
 * only as long as fuzz/program.ts and the instruction table stay as they are.)
 */
export const crashes: readonly (readonly [seed: number, what: string])[] = [
  [2000185, 'REP MOVS with a count above 2^31 copied all of it at once, out of bounds'],
];
