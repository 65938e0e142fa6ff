/** 256 bits, one a vector, as the local APIC keeps its requests. */
export function set(bits: Uint32Array, vector: number): void {
  bits[vector >> 5] |= 1 << (vector & 31);
}

export function clear(bits: Uint32Array, vector: number): void {
  bits[vector >> 5] &= ~(1 << (vector & 31));
}

export function has(bits: Uint32Array, vector: number): boolean {
  return (bits[vector >> 5] & (1 << (vector & 31))) !== 0;
}

/** The highest vector whose bit is set, or -1. */
export function highest(bits: Uint32Array): number {
  for (let i = 7; i >= 0; i--) if (bits[i] !== 0) return 32 * i + 31 - Math.clz32(bits[i]);
  return -1;
}
