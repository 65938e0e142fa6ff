// What random programs are made of: the operators with their names in the text format, numbers and divisors whose forms
// differ, and makers of nodes.
import { AREA, constant, type Node, plain, type Type, unsigned } from './program.js';

export const INTERESTING = [
  0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 127, 128, 255, 256, 4095, 4096, 65535, 65536, 0x7ffffffe, 0x7fffffff, -1, -2,
  -3, -128, -129, -32768, -65536, -2147483647, -2147483648,
];
/** Divisors whose multiplication or shift forms differ. */
export const DIVISORS = [
  1,
  2,
  3,
  5,
  6,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  25,
  28,
  60,
  100,
  125,
  625,
  641,
  1000,
  4096,
  10000,
  65537,
  1000000,
  1 << 30,
  0x7fffffff,
  -1,
  -2,
  -3,
  -5,
  -7,
  -8,
  -10,
  -125,
  -1000,
  -2147483648,
];
/** The farthest byte that an access of eight bytes may begin at is AREA - 8. */
export const MASK = AREA - 64;
export const FARTHEST = 56;

export const NAMES = {
  unary32: [
    [0x67, 'clz'],
    [0x68, 'ctz'],
    [0x69, 'popcnt'],
    [0xc0, 'extend8_s'],
    [0xc1, 'extend16_s'],
  ],
  unary64: [
    [0x79, 'clz'],
    [0x7a, 'ctz'],
    [0x7b, 'popcnt'],
    [0xc2, 'extend8_s'],
    [0xc3, 'extend16_s'],
    [0xc4, 'extend32_s'],
  ],
  compare: ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u'],
  binary: ['add', 'sub', 'mul', 'div_s', 'div_u', 'rem_s', 'rem_u', 'and', 'or', 'xor', 'shl', 'shr_s', 'shr_u'],
  rotate: ['rotl', 'rotr'],
  load32: [
    [0x28, 'load'],
    [0x2c, 'load8_s'],
    [0x2d, 'load8_u'],
    [0x2e, 'load16_s'],
    [0x2f, 'load16_u'],
  ],
  load64: [
    [0x29, 'load'],
    [0x30, 'load8_s'],
    [0x31, 'load8_u'],
    [0x32, 'load16_s'],
    [0x33, 'load16_u'],
    [0x34, 'load32_s'],
    [0x35, 'load32_u'],
  ],
  store32: [
    [0x36, 'store'],
    [0x3a, 'store8'],
    [0x3b, 'store16'],
  ],
  store64: [
    [0x37, 'store'],
    [0x3c, 'store8'],
    [0x3d, 'store16'],
    [0x3e, 'store32'],
  ],
} as const;

/** The operator at `index` from `add` on. */
export function binary(type: Type, index: number, x: Node, y: Node): Node {
  const name = [...NAMES.binary, ...NAMES.rotate][index];
  return plain(type, `${type}.${name}`, [(type === 'i32' ? 0x6a : 0x7c) + index], x, y);
}
export const [ADD, DIV_S, DIV_U, REM_S, REM_U, AND, OR, XOR, SHL, SHR_U] = [0, 3, 4, 5, 6, 7, 8, 9, 10, 12];
export const or = (type: Type, x: Node, value: number): Node => binary(type, OR, x, constant(type, value));
export const convert = (code: number, to: Type, name: string, x: Node): Node => plain(to, `${to}.${name}`, [code], x);
export const access = (
  type: Type | 'void',
  of: Type,
  [code, name]: readonly [number, string],
  offset: number,
  ...k: Node[]
) => plain(type, `${of}.${name} offset=${offset}`, [code, 0, ...unsigned(offset)], ...k);
