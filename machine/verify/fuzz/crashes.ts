/**
 * Seeds with which the fuzzer once found a failure, with what it was; each stays a test. (A seed means the same program
 * only as long as fuzz/program.ts and the instruction table stay as they are.)
 */
export const crashes: readonly (readonly [seed: number, what: string])[] = [];
