// Accessors of drawn bits (drawing.ts), as source. Of memory: the number at the structure's address is read, and written
// with all its other bits as they were. Of a @word: an object of the class *is* the number, kept in a register like any
// other, so that its fields can be read, and nothing is ever at "its address".
import type { Bit } from './drawing.js';

/** @param size of the number, in bytes */
export function accessors({ name, high, low }: Bit, type: string, size: number, isWord: boolean): string {
  const width = high - low + 1;
  const mask = width === 32 ? 0xffffffff : 2 ** width - 1;
  const number = isWord ? 'changetype<u32>(this)' : '<u32>this.bits__';
  // A flag is tested where it stands.
  const read =
    type === 'bool' ? `(${number} & ${(mask << low) >>> 0}) != 0` : `<${type}>((${number} >> ${low}) & ${mask})`;
  const get = `get ${name}(): ${type} { return ${read}; }`;
  if (isWord) return `@inline ${get}`;
  const keep = (~(mask << low) >>> 0).toString();
  const value = `(<u32>value & ${mask}) << ${low}`;
  return `${get} set ${name}(value: ${type}) { this.bits__ = <u${8 * size}>((<u32>this.bits__ & ${keep}) | (${value})); }`;
}
