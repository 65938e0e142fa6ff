/** What an instance sees, and where it lies: layouts that the host program and this machine share. */

/**
 * A block: from 0 registers before (POPFD, then POPAD) and after (PUSHAD below PUSHFD and ESP); vector, error code and
 * EIP of a fault, where to go on after it; the mark of code that a jump should pass over; window; stack.
 */
export const block = {
  espAfter: 36,
  vector: 40,
  eip: 44,
  resume: 48,
  mark: 52,
  error: 56,
  window: 64,
  top: 256,
  bytes: 320,
};
/** Selectors of Linux for 32-bit programs on a 64-bit kernel; the guest has the same. */
export const user = { code: 0x23, data: 0x2b };
/** In the LDT, FS: based elsewhere; GS: read-only, with a limit among the blocks. Limits in bytes less one. */
export const local = {
  fs: { selector: 0x07, base: 0x12345670, limit: 0xffffffff, writable: true },
  gs: { selector: 0x0f, base: 0, limit: 0x7fffff, writable: false },
};
/** A segment of 64 KiB that holds a block, in FS: what 16-bit addresses can reach. */
export interface Window {
  readonly selector: number;
  readonly base: number;
}
