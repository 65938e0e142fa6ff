/**
 * 8- and 16-bit arithmetic and logic. One function does all nine operations (`operation`: ADD OR ADC SBB AND SUB XOR CMP
 * TEST); operands are shifted to the top of the word, where flags are computed as for 32 bits.
 */
import { dst, immediate, operation, src } from './entry';
import { ADD, AF, carry, CF, DEC, INC, LOGIC, OF, PF, setAdd, setCarryKept, setExplicit, setLogic, SF, SUB, ZF } from './flags';
import { faulted, modifyM, readM16, readM8, settle } from './operands';

const ADC_OPERATION: u32 = 2;
const CMP_OPERATION: u32 = 7;
/** CMP and TEST write nothing. */
const FIRST_WITHOUT_RESULT: u32 = CMP_OPERATION;

/** `a`, `b` in the low bits; returns the result in the low bits. `shift` is 24 or 16. */
function alu(kind: u32, a: u32, b: u32, shift: u32): u32 {
  const op = shift << 8;
  a <<= shift;
  b <<= shift;
  let r: u32;
  switch (kind) {
    case 0:
      r = a + b;
      setAdd(op | ADD, a, r);
      break;
    case 1:
      r = a | b;
      setLogic(op | LOGIC, r);
      break;
    case 2:
    case 3:
      return withCarry(kind, a >> shift, b >> shift, shift);
    case 4:
    case 8:
      r = a & b;
      setLogic(op | LOGIC, r);
      break;
    case 6:
      r = a ^ b;
      setLogic(op | LOGIC, r);
      break;
    default:
      r = a - b;
      setAdd(op | SUB, a, r);
      break;
  }
  return r >> shift;
}

function withCarry(kind: u32, a: u32, b: u32, shift: u32): u32 {
  const c = carry();
  const full = kind == ADC_OPERATION ? a + b + c : a - b - c;
  const r = (full << shift) >> shift;
  const over = kind == ADC_OPERATION ? (a ^ r) & (b ^ r) : (a ^ b) & (a ^ r);
  setExplicit(
    ((full >> (32 - shift)) & CF) |
    (~popcnt(r & 0xff) & 1 ? PF : 0) |
    ((a ^ b ^ r) & AF) |
    (r == 0 ? ZF : 0) |
    (((r << shift) >> 24) & SF) |
    (((over << shift) >> 20) & OF),
  );
  return r;
}

function unary(kind: u32, a: u32, shift: u32): u32 {
  const op = shift << 8;
  const one: u32 = 1 << shift;
  const top = a << shift;
  if (kind == 2) return ~a;
  if (kind == 3) {
    setAdd(op | SUB, 0, 0 - top);
    return 0 - a;
  }
  const r = kind == 0 ? top + one : top - one;
  setCarryKept(op | (kind == 0 ? INC : DEC), r, carry());
  return r >> shift;
}

export function ALU_RbRb(p: usize): void {
  const r = alu(operation(p), load<u8>(dst(p)), load<u8>(src(p)), 24);
  if (operation(p) < FIRST_WITHOUT_RESULT) store<u8>(dst(p), r);
}

export function ALU_RbIb(p: usize): void {
  const r = alu(operation(p), load<u8>(dst(p)), immediate(p), 24);
  if (operation(p) < FIRST_WITHOUT_RESULT) store<u8>(dst(p), r);
}

export function ALU_RwRw(p: usize): void {
  const r = alu(operation(p), load<u16>(dst(p)), load<u16>(src(p)), 16);
  if (operation(p) < FIRST_WITHOUT_RESULT) store<u16>(dst(p), r);
}

export function ALU_RwIw(p: usize): void {
  const r = alu(operation(p), load<u16>(dst(p)), immediate(p), 16);
  if (operation(p) < FIRST_WITHOUT_RESULT) store<u16>(dst(p), r);
}

export function ALU_GbMb(p: usize): bool {
  const b = readM8(p);
  if (faulted()) return false;
  const r = alu(operation(p), load<u8>(dst(p)), b, 24);
  if (operation(p) < FIRST_WITHOUT_RESULT) store<u8>(dst(p), r);
  return true;
}

export function ALU_GwMw(p: usize): bool {
  const b = readM16(p);
  if (faulted()) return false;
  const r = alu(operation(p), load<u16>(dst(p)), b, 16);
  if (operation(p) < FIRST_WITHOUT_RESULT) store<u16>(dst(p), r);
  return true;
}

export function ALU_MbGb(p: usize): bool { return onMemory8(p, load<u8>(src(p))); }
export function ALU_MbIb(p: usize): bool { return onMemory8(p, immediate(p)); }
export function ALU_MwGw(p: usize): bool { return onMemory16(p, load<u16>(src(p))); }
export function ALU_MwIw(p: usize): bool { return onMemory16(p, immediate(p)); }

function onMemory8(p: usize, b: u32): bool {
  if (operation(p) >= FIRST_WITHOUT_RESULT) {
    const a = readM8(p);
    if (faulted()) return false;
    alu(operation(p), a, b, 24);
    return true;
  }
  const host = modifyM(p, 1);
  if (host < 0) return false;
  store<u8>(host, alu(operation(p), load<u8>(host), b, 24));
  settle(host);
  return true;
}

function onMemory16(p: usize, b: u32): bool {
  if (operation(p) >= FIRST_WITHOUT_RESULT) {
    const a = readM16(p);
    if (faulted()) return false;
    alu(operation(p), a, b, 16);
    return true;
  }
  const host = modifyM(p, 2);
  if (host < 0) return false;
  store<u16>(host, alu(operation(p), load<u16>(host), b, 16));
  settle(host);
  return true;
}

export function UNARY_Rb(p: usize): void { store<u8>(dst(p), unary(operation(p), load<u8>(dst(p)), 24)); }
export function UNARY_Rw(p: usize): void { store<u16>(dst(p), unary(operation(p), load<u16>(dst(p)), 16)); }

export function UNARY_Mb(p: usize): bool {
  const host = modifyM(p, 1);
  if (host < 0) return false;
  store<u8>(host, unary(operation(p), load<u8>(host), 24));
  settle(host);
  return true;
}

export function UNARY_Mw(p: usize): bool {
  const host = modifyM(p, 2);
  if (host < 0) return false;
  store<u16>(host, unary(operation(p), load<u16>(host), 16));
  settle(host);
  return true;
}
