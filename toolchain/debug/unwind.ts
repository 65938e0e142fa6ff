// The call stack of a guest, without frame pointers. In a compiled function the linker's table says how far the return
// address is from ESP. A stub has no such table: there the stack is searched upwards for what comes first, a word that
// follows a call instruction of known code, or what the processor pushes at an exception or interrupt (EIP in known code, CS,
// EFLAGS), and the frame found so is marked.
import type { CodePlace, Symbols } from './info.js';

export interface StackFrame {
  /** Of the instruction; of the instruction behind the call, for callers. */
  readonly address: number;
  /** It did not call: an exception or interrupt came here. */
  readonly interrupted: boolean;
  readonly place: CodePlace | undefined;
  /** Found by searching, not by the table. */
  readonly searched: boolean;
}

/** What an unwinder asks of the guest. */
export interface GuestState {
  readonly eip: number;
  readonly esp: number;
  readonly cpl: number;
  /** A byte at a linear address; undefined where nothing is mapped. */
  read(linear: number): number | undefined;
}

const MOST_FRAMES = 512;
/** Bytes of stack that a search looks at. */
const SEARCHED = 1024;
/** EFLAGS: the bit that is always 1, and those that are always 0 (Intel SDM vol. 1, 3.4.3). */
const FLAGS_ONE = 0x2;
const FLAGS_ZERO = 0xffc08028;

export function unwind(guest: GuestState, symbols: readonly Symbols[]): StackFrame[] {
  const find = (address: number): CodePlace | undefined => {
    for (const s of symbols) {
      const place = s.find(address);
      if (place) return place;
    }
    return undefined;
  };
  const word = (at: number): number | undefined => {
    let value = 0;
    for (let i = 3; i >= 0; i--) {
      const byte = guest.read((at + i) >>> 0);
      if (byte === undefined) return undefined;
      value = (value << 8) | byte;
    }
    return value >>> 0;
  };
  /** Whether an instruction that calls ends at an address. */
  const followsCall = (address: number): boolean => {
    const byte = (back: number) => guest.read((address - back) >>> 0) ?? 0;
    const isIndirect = (back: number) => byte(back) === 0xff && ((byte(back - 1) >> 3) & 7) === 2;
    return byte(5) === 0xe8 || [2, 3, 4, 6, 7].some(isIndirect);
  };

  /** What the processor pushed, coming from this privilege level or a lower one. */
  const isPushed = (at: number, cpl: number): boolean => {
    const [cs, flags] = [word(at + 4), word(at + 8)];
    if (cs === undefined || flags === undefined || cs > 0xffff || (cs & ~7) === 0 || (cs & 3) < cpl) return false;
    return (flags & FLAGS_ONE) !== 0 && (flags & FLAGS_ZERO) === 0;
  };

  const frames: StackFrame[] = [];
  let { eip, esp, cpl } = guest;
  let [searched, interrupted] = [false, true];
  while (frames.length < MOST_FRAMES) {
    // Behind INT n stands what it comes back to.
    const isBehind = !interrupted || (frames.length > 0 && guest.read((eip - 2) >>> 0) === 0xcd);
    const place = find(isBehind ? eip - 1 : eip);
    frames.push({ address: eip, place: place && find(eip) && !interrupted ? find(eip) : place, searched, interrupted });
    interrupted = false;
    const depth = place?.info.frames?.findLast(([at]) => at <= place.offset)?.[1];
    let at = depth === undefined ? undefined : esp + depth;
    const returned = at === undefined ? undefined : word(at);
    searched = returned === undefined || find(returned) === undefined;
    if (searched) {
      at = undefined;
      for (let slot = esp; slot < esp + SEARCHED; slot += 4) {
        const w = word(slot);
        if (w === undefined) break;
        if (!find(w)) continue;
        interrupted = isPushed(slot, cpl);
        if (!interrupted && !followsCall(w)) continue;
        at = slot;
        break;
      }
    }
    if (at === undefined) break;
    eip = word(at) as number;
    esp = at + (interrupted ? 12 : 4);
    if (!interrupted) continue;
    const level = (word(at + 4) as number) & 3;
    // From an outer level the processor pushed its stack pointer too.
    if (level > cpl) esp = word(at + 12) ?? 0;
    cpl = level;
  }
  return frames;
}
