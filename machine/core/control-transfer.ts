/**
 * Near transfers (SDM vol. 2: CALL, Jcc, JMP, LOOP, RET). Each sets EIP, tells branch prediction where it went, and ends
 * the run. A target beyond the limit of CS is a #GP of the branch itself.
 */
import { flagsOf, immediate, nextEip, src, startEip, WORD_ADDRESS, WORD_OPERAND } from './entry';
import { carry, less, overflow, parity, sign, zero } from './flags';
import { CS_NUMBER, ECX, EIP, SEGMENT_BASE, SEGMENT_BYTES, SEGMENT_LIMIT, SEGMENTS } from './generated/state';
import { branch, jump, jumpIndirect, pushReturn, returnBranch } from './memory/branch';
import { faulted, GP, moveEsp, peek16, peek32, pushSized, raise, readM16, readM32 } from './operands';

const CS_RECORD: usize = SEGMENTS + CS_NUMBER * SEGMENT_BYTES;

// @ts-ignore: decorator
@inline function codeBase(): u32 { return load<u32>(CS_RECORD, SEGMENT_BASE); }
// @ts-ignore: decorator
@inline function inCode(target: u32): bool { return target <= load<u32>(CS_RECORD, SEGMENT_LIMIT); }
// @ts-ignore: decorator
@inline function isWord(p: usize): bool { return (flagsOf(p) & WORD_OPERAND) != 0; }
// @ts-ignore: decorator
@inline function site(p: usize): u32 { return codeBase() + startEip(p); }

// @ts-ignore: decorator
@inline function relative(p: usize): u32 {
  const target = nextEip(p) + immediate(p);
  return isWord(p) ? target & 0xffff : target;
}

// @ts-ignore: decorator
@inline function conditional(p: usize, taken: bool): bool {
  const target = relative(p);
  if (taken && !inCode(target)) return raise(GP, 0);
  branch(site(p), codeBase() + target, taken);
  store<u32>(EIP, taken ? target : nextEip(p));
  return true;
}

// @ts-ignore: decorator
@inline export function JO(p: usize): bool { return conditional(p, overflow() != 0); }
// @ts-ignore: decorator
@inline export function JNO(p: usize): bool { return conditional(p, overflow() == 0); }
// @ts-ignore: decorator
@inline export function JB(p: usize): bool { return conditional(p, carry() != 0); }
// @ts-ignore: decorator
@inline export function JNB(p: usize): bool { return conditional(p, carry() == 0); }
// @ts-ignore: decorator
@inline export function JZ(p: usize): bool { return conditional(p, zero()); }
// @ts-ignore: decorator
@inline export function JNZ(p: usize): bool { return conditional(p, !zero()); }
// @ts-ignore: decorator
@inline export function JBE(p: usize): bool { return conditional(p, carry() != 0 || zero()); }
// @ts-ignore: decorator
@inline export function JNBE(p: usize): bool { return conditional(p, carry() == 0 && !zero()); }
// @ts-ignore: decorator
@inline export function JS(p: usize): bool { return conditional(p, sign() != 0); }
// @ts-ignore: decorator
@inline export function JNS(p: usize): bool { return conditional(p, sign() == 0); }
// @ts-ignore: decorator
@inline export function JP(p: usize): bool { return conditional(p, parity() != 0); }
// @ts-ignore: decorator
@inline export function JNP(p: usize): bool { return conditional(p, parity() == 0); }
// @ts-ignore: decorator
@inline export function JL(p: usize): bool { return conditional(p, less()); }
// @ts-ignore: decorator
@inline export function JNL(p: usize): bool { return conditional(p, !less()); }
// @ts-ignore: decorator
@inline export function JLE(p: usize): bool { return conditional(p, zero() || less()); }
// @ts-ignore: decorator
@inline export function JNLE(p: usize): bool { return conditional(p, !zero() && !less()); }

// @ts-ignore: decorator
@inline export function JMP_J(p: usize): bool {
  const target = relative(p);
  if (!inCode(target)) return raise(GP, 0);
  jump(site(p), codeBase() + target);
  store<u32>(EIP, target);
  return true;
}

function indirect(p: usize, target: u32): bool {
  if (!inCode(target)) return raise(GP, 0);
  jumpIndirect(site(p), codeBase() + target);
  store<u32>(EIP, target);
  return true;
}

export function JMP_R(p: usize): bool { return indirect(p, isWord(p) ? <u32>load<u16>(src(p)) : load<u32>(src(p))); }

export function JMP_M(p: usize): bool {
  const target = isWord(p) ? readM16(p) : readM32(p);
  return !faulted() && indirect(p, target);
}

// @ts-ignore: decorator
@inline export function CALL_J(p: usize): bool {
  const target = relative(p);
  if (!inCode(target)) return raise(GP, 0);
  const back = nextEip(p);
  if (!pushSized(p, back)) return false;
  jump(site(p), codeBase() + target);
  pushReturn(codeBase() + back);
  store<u32>(EIP, target);
  return true;
}

function callIndirect(p: usize, target: u32): bool {
  if (!inCode(target)) return raise(GP, 0);
  const back = nextEip(p);
  if (!pushSized(p, back)) return false;
  jumpIndirect(site(p), codeBase() + target);
  pushReturn(codeBase() + back);
  store<u32>(EIP, target);
  return true;
}

export function CALL_R(p: usize): bool { return callIndirect(p, isWord(p) ? <u32>load<u16>(src(p)) : load<u32>(src(p))); }

export function CALL_M(p: usize): bool {
  const target = isWord(p) ? readM16(p) : readM32(p);
  return !faulted() && callIndirect(p, target);
}

// @ts-ignore: decorator
@inline function leave(p: usize, released: u32): bool {
  const target = isWord(p) ? peek16(0) : peek32(0);
  if (faulted()) return false;
  if (!inCode(target)) return raise(GP, 0);
  moveEsp((isWord(p) ? 2 : 4) + released);
  returnBranch(site(p), codeBase() + target);
  store<u32>(EIP, target);
  return true;
}

// @ts-ignore: decorator
@inline export function RET(p: usize): bool { return leave(p, 0); }
export function RET_Iw(p: usize): bool { return leave(p, immediate(p)); }

// ---- LOOP: CX or ECX by address size

function countDown(p: usize): u32 {
  const word = (flagsOf(p) & WORD_ADDRESS) != 0;
  return word ? (load<u32>(ECX) - 1) & 0xffff : load<u32>(ECX) - 1;
}

function loop(p: usize, holds: bool): bool {
  const left = countDown(p);
  if (!conditional(p, left != 0 && holds)) return false;
  if ((flagsOf(p) & WORD_ADDRESS) != 0) store<u16>(ECX, left);
  else store<u32>(ECX, left);
  return true;
}

export function LOOPNE(p: usize): bool { return loop(p, !zero()); }
export function LOOPE(p: usize): bool { return loop(p, zero()); }
export function LOOP(p: usize): bool { return loop(p, true); }

export function JCXZ(p: usize): bool {
  const word = (flagsOf(p) & WORD_ADDRESS) != 0;
  return conditional(p, (word ? <u32>load<u16>(ECX) : load<u32>(ECX)) == 0);
}
