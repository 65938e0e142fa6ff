/**
 * ELF for IA-32 (System V ABI, Intel386 supplement), as far as a loader needs it: the header and the loadable segments of
 * an executable; and its notes, for who wants to know what it says of itself.
 */
import { ImageError } from '../errors.js';

export interface Segment {
  readonly offset: number;
  readonly virtualAddress: number;
  readonly physicalAddress: number;
  /** Bytes in the file, and in memory (the rest is zero). */
  readonly fileBytes: number;
  readonly memoryBytes: number;
  readonly executable: boolean;
}

export interface Note {
  readonly name: string;
  readonly type: number;
  readonly description: Uint8Array;
}

export interface Elf {
  readonly entry: number;
  readonly segments: readonly Segment[];
}

const HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PF_X = 1;

/** Whether the bytes begin like an ELF file. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/**
 * @param name for messages
 * @throws ImageError naming the field that is not that of an IA-32 executable
 */
export function parseElf(bytes: Uint8Array, name: string): Elf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES) {
    throw new ImageError(name, bytes.length, `ends inside the ELF header; expected ${HEADER_BYTES} bytes`);
  }
  expectField(name, 4, view.getUint8(4), 1, 'ELF class', '1 (32 bits)');
  expectField(name, 5, view.getUint8(5), 1, 'ELF data encoding', '1 (little-endian)');
  expectField(name, 16, view.getUint16(16, true), 2, 'ELF type', '2 (executable)');
  expectField(name, 18, view.getUint16(18, true), 3, 'ELF machine', '3 (Intel 80386)');
  const at = view.getUint32(28, true);
  const count = view.getUint16(44, true);
  expectField(name, 42, view.getUint16(42, true), PROGRAM_HEADER_BYTES, 'program header size', '32');
  if (at + count * PROGRAM_HEADER_BYTES > bytes.length) {
    throw new ImageError(name, 28, `${count} program headers at 0x${at.toString(16)} lie beyond the end of the file`);
  }
  const segments: Segment[] = [];
  for (let i = 0; i < count; i++) {
    const header = at + i * PROGRAM_HEADER_BYTES;
    if (view.getUint32(header, true) !== PT_LOAD) continue;
    const segment = readSegment(view, header);
    if (segment.offset + segment.fileBytes > bytes.length) {
      const end = segment.offset + segment.fileBytes;
      throw new ImageError(name, header, `segment ${i} ends at file offset 0x${end.toString(16)}, beyond the file`);
    }
    if (segment.memoryBytes < segment.fileBytes) {
      throw new ImageError(name, header + 20, `segment ${i} is smaller in memory than in the file`);
    }
    segments.push(segment);
  }
  return { entry: view.getUint32(24, true), segments };
}

/**
 * The notes of an IA-32 executable. Anything else has none, and damaged ones are passed over: to a loader a module is
 * bytes, be it an object file, a program of 64 bits or an archive.
 */
export function readNotes(bytes: Uint8Array): Note[] {
  if (!isElf(bytes) || bytes.length < HEADER_BYTES) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [size, type, machine] = [view.getUint8(4), view.getUint16(16, true), view.getUint16(18, true)];
  if (size !== 1 || view.getUint8(5) !== 1 || type !== 2 || machine !== 3) return [];
  const at = view.getUint32(28, true);
  const notes: Note[] = [];
  for (let i = 0; i < view.getUint16(44, true); i++) {
    const header = at + i * PROGRAM_HEADER_BYTES;
    if (header + PROGRAM_HEADER_BYTES > bytes.length) break;
    const { offset, fileBytes } = readSegment(view, header);
    if (view.getUint32(header, true) !== PT_NOTE || offset + fileBytes > bytes.length) continue;
    notes.push(...parseNotes(bytes, offset, fileBytes));
  }
  return notes;
}

function readSegment(view: DataView, at: number): Segment {
  return {
    offset: view.getUint32(at + 4, true),
    virtualAddress: view.getUint32(at + 8, true),
    physicalAddress: view.getUint32(at + 12, true),
    fileBytes: view.getUint32(at + 16, true),
    memoryBytes: view.getUint32(at + 20, true),
    executable: (view.getUint32(at + 24, true) & PF_X) !== 0,
  };
}

function parseNotes(bytes: Uint8Array, from: number, length: number): Note[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const notes: Note[] = [];
  let at = from;
  while (at + 12 <= from + length) {
    const nameBytes = view.getUint32(at, true);
    const descriptionBytes = view.getUint32(at + 4, true);
    const description = at + 12 + align4(nameBytes);
    if (description + descriptionBytes > from + length) break;
    notes.push({
      name: text(bytes.subarray(at + 12, at + 12 + Math.max(0, nameBytes - 1))),
      type: view.getUint32(at + 8, true),
      description: bytes.subarray(description, description + descriptionBytes),
    });
    at = description + align4(descriptionBytes);
  }
  return notes;
}

function expectField(
  name: string,
  offset: number,
  value: number,
  wanted: number,
  field: string,
  meaning: string,
): void {
  if (value !== wanted) throw new ImageError(name, offset, `${field} is ${value}; expected ${meaning}`);
}

function align4(value: number): number {
  return (value + 3) & ~3;
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
