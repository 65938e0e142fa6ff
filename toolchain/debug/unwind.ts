// The call stack of a guest, without frame pointers. In a compiled function the linker's table says how far the return
// address is from ESP. A stub has no such table: there the stack is searched upwards for a word that follows a call
// instruction of known code, and the frame found so is marked.
import type { CodePlace, Symbols } from './info.js';

export interface StackFrame {
  /** Of the instruction; of the instruction behind the call, for callers. */
  readonly address: number;
  readonly place: CodePlace | undefined;
  /** Found by searching, not by the table. */
  readonly searched: boolean;
}

/** What an unwinder asks of the guest. */
export interface GuestState {
  readonly eip: number;
  readonly esp: number;
  /** A byte at a linear address; undefined where nothing is mapped. */
  read(linear: number): number | undefined;
}

const MOST_FRAMES = 32;
/** Bytes of stack that a search looks at. */
const SEARCHED = 1024;

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

  const frames: StackFrame[] = [];
  let { eip, esp } = guest;
  let searched = false;
  while (frames.length < MOST_FRAMES) {
    const place = find(frames.length === 0 ? eip : eip - 1);
    frames.push({ address: eip, place: place && find(eip) ? find(eip) : place, searched });
    const depth = place?.info.frames?.findLast(([at]) => at <= place.offset)?.[1];
    let at = depth === undefined ? undefined : esp + depth;
    const returned = at === undefined ? undefined : word(at);
    searched = returned === undefined || find(returned) === undefined;
    if (searched) {
      at = undefined;
      for (let slot = esp; slot < esp + SEARCHED; slot += 4) {
        const w = word(slot);
        if (w === undefined) break;
        if (!find(w) || !followsCall(w)) continue;
        at = slot;
        break;
      }
    }
    if (at === undefined) break;
    eip = word(at) as number;
    esp = at + 4;
  }
  return frames;
}
