// Program images: ELF, 32 bits, little-endian, for the 386, executable; only what a loader needs (System V gABI,
// chapters 4 and 5).

@unmanaged
class ElfHeader {
  magic: u32;
  /** Class, data, version, ABI: 01 01 01 xx. */
  identity: u32;
  padding0: u32;
  padding1: u32;
  type: u16;
  machine: u16;
  version: u32;
  entry: u32;
  programHeaders: u32;
  sectionHeaders: u32;
  flags: u32;
  headerSize: u16;
  programHeaderSize: u16;
  programHeaderCount: u16;
}

@unmanaged
export class ElfSegment {
  type: u32;
  offset: u32;
  linear: u32;
  physical: u32;
  fileSize: u32;
  memorySize: u32;
  flags: u32;
  align: u32;
}

export const SEGMENT_LOAD: u32 = 1;
export const SEGMENT_WRITABLE: u32 = 2;

/** Is this an executable that can be loaded below `top`, all of it inside its `length` bytes? */
export function elfValid(image: usize, length: u32, top: u32): bool {
  return headersValid(image, length, length, top);
}

/**
 * The same when only the first `length` bytes of a file of `fileSize` are seen at `image`: they hold all headers, and every
 * segment can be mapped by pages.
 */
export function elfMappable(image: usize, length: u32, fileSize: u32, top: u32): bool {
  if (!headersValid(image, length, fileSize, top)) return false;
  for (let i: u32 = 0; i < elfSegmentCount(image); i++) {
    const s = elfSegment(image, i);
    if (s.type == SEGMENT_LOAD && s.fileSize && (s.offset ^ s.linear) & 0xfff) return false;
  }
  return true;
}

function headersValid(image: usize, length: u32, fileSize: u32, top: u32): bool {
  const header = changetype<ElfHeader>(image);
  if (length < offsetof<ElfHeader>() || header.magic != 0x464c457f || (header.identity & 0xffff) != 0x0101)
    return false;
  if (header.type != 2 || header.machine != 3 || <u32>header.programHeaderSize != offsetof<ElfSegment>()) return false;
  const tableSize = <u32>header.programHeaderCount * offsetof<ElfSegment>();
  if (header.programHeaders > length || tableSize > length - header.programHeaders) return false;
  for (let i: u32 = 0; i < <u32>header.programHeaderCount; i++) {
    const s = elfSegment(image, i);
    if (s.type != SEGMENT_LOAD) continue;
    if (s.fileSize > s.memorySize || s.offset > fileSize || s.fileSize > fileSize - s.offset) return false;
    if (s.linear < 0x1000 || s.linear >= top || s.memorySize > top - s.linear) return false;
  }
  return true;
}

export function elfEntry(image: usize): u32 {
  return changetype<ElfHeader>(image).entry;
}

export function elfSegmentCount(image: usize): u32 {
  return changetype<ElfHeader>(image).programHeaderCount;
}

export function elfSegment(image: usize, i: u32): ElfSegment {
  return changetype<ElfSegment>(image + changetype<ElfHeader>(image).programHeaders + i * offsetof<ElfSegment>());
}
