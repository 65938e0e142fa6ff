/** Decimal adjustments (SDM vol. 2: AAA, AAS, DAA, DAS). Flags that the manual leaves undefined follow AL. */
import { AF, arithmeticFlags, CF, PF, setExplicit, SF, ZF } from './flags';
import { EAX } from './generated/state';

function setAdjusted(al: u32, carries: u32): void {
  setExplicit(
    carries | (~popcnt(al & 0xff) & 1 ? PF : 0) | ((al & 0xff) == 0 ? ZF : 0) | (al & SF),
  );
}

export function DAA(p: usize): void {
  const flags = arithmeticFlags();
  const al: u32 = load<u8>(EAX);
  let r = al;
  let carries = flags & CF;
  let auxiliary: u32 = 0;
  if ((al & 15) > 9 || (flags & AF) != 0) {
    r += 6;
    auxiliary = AF;
  }
  if (al > 0x99 || carries != 0) {
    r += 0x60;
    carries = CF;
  }
  store<u8>(EAX, r);
  setAdjusted(r & 0xff, carries | auxiliary);
}

export function DAS(p: usize): void {
  const flags = arithmeticFlags();
  const al: u32 = load<u8>(EAX);
  let r = al;
  let carries = flags & CF;
  const borrowed = carries;
  let auxiliary: u32 = 0;
  if ((al & 15) > 9 || (flags & AF) != 0) {
    r -= 6;
    auxiliary = AF;
    if (al < 6) carries = CF;
  }
  if (al > 0x99 || borrowed != 0) {
    r -= 0x60;
    carries = CF;
  }
  store<u8>(EAX, r);
  setAdjusted(r & 0xff, carries | auxiliary);
}

export function AAA(p: usize): void { ascii(1); }
export function AAS(p: usize): void { ascii(-1); }

function ascii(direction: i32): void {
  const flags = arithmeticFlags();
  const ax: u32 = load<u16>(EAX);
  let r = ax;
  let carries: u32 = 0;
  if ((ax & 15) > 9 || (flags & AF) != 0) {
    r += direction * 0x106;
    carries = CF | AF;
  }
  r &= 0xff0f;
  store<u16>(EAX, r);
  setAdjusted(r & 0xff, carries);
}
