/**
 * The multiboot loader (Multiboot Specification 0.6.96). An image is an ELF executable, or a flat file whose header
 * gives load addresses (flag 16). The header, 4-byte aligned, lies in the first 8192 bytes:
 *
 *     0 magic 1BADB002h   4 flags   8 checksum (the three add up to 0)
 *     12 header_addr   16 load_addr   20 load_end_addr   24 bss_end_addr   28 entry_addr      with flag 16 only
 *
 * Memory is left as firmware and loader would leave it: boot information at 9000h, with its strings, memory map and
 * module list behind it, or behind the modules where the image lies there itself; modules above the image, each on a
 * page boundary.
 */
import { ImageError } from '../errors.js';
import { isElf, parseElf } from './elf.js';

export interface Module {
  readonly bytes: Uint8Array;
  /** The module's string: its file or program name, then arguments. */
  readonly args: string;
}

export interface Loaded {
  /** Physical address of the first instruction. */
  readonly entry: number;
  /** Physical address of the boot information. */
  readonly information: number;
}

/** What a loader leaves in EAX. */
export const BOOTLOADER_MAGIC = 0x2badb002;

const HEADER_MAGIC = 0x1badb002;
const MULTIBOOT2_MAGIC = 0xe85250d6;
const SEARCH_BYTES = 8192;
const PAGE = 4096;
const LOW_END = 0xa0000;
/** Firmware keeps the last KiB for itself (the extended BIOS data area). */
const LOW_RAM = LOW_END - 0x400;
const HIGH_START = 0x100000;
const INFORMATION = 0x9000;
const INFORMATION_BYTES = 116;
/** The specification leaves ESP open; loaders leave their own stack, and some kernels push before they have one. */
export const LOADER_STACK = INFORMATION;
const flag = { PAGE_ALIGN: 0x1, MEMORY: 0x2, VIDEO: 0x4, ADDRESSES: 0x10000 } as const;
/** What the information holds: memory sizes, command line, modules, memory map, loader name. */
const FLAGS_PRESENT = 0x001 | 0x004 | 0x008 | 0x040 | 0x200;

/**
 * Puts an image and its modules into `ram`.
 * @throws ImageError when the image is malformed or does not fit
 */
export function loadMultiboot(
  ram: Uint8Array,
  image: Uint8Array,
  modules: readonly Module[],
  commandLine: string,
): Loaded {
  const name = 'kernel image';
  const at = findHeader(image, name);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const flags = view.getUint32(at + 4, true);
  // Who asks for a video mode is given none, as by QEMU: the adapter is in text mode.
  const required = flags & 0xffff & ~(flag.PAGE_ALIGN | flag.MEMORY | flag.VIDEO);
  if (required !== 0) {
    const problem = `the header requires features 0x${required.toString(16)}; supported are 0x1 (page-aligned modules) and 0x2 (memory information)`;
    throw new ImageError(name, at + 4, problem);
  }
  const { entry, ranges } = flags & flag.ADDRESSES ? loadFlat(ram, image, at, name) : loadElf(ram, image, name);
  const end = ranges.reduce((most, range) => Math.max(most, range.end), HIGH_START);
  const placed = placeModules(ram, modules, end);
  const low = information(INFORMATION, ram.length, placed, commandLine);
  const collides = ranges.some(({ start, end }) => start < INFORMATION + low.length && end > INFORMATION);
  if (!collides && INFORMATION + low.length <= LOW_RAM) {
    ram.set(low, INFORMATION);
    return { entry, information: INFORMATION };
  }
  const above = Math.ceil((placed.at(-1)?.end ?? end) / PAGE) * PAGE;
  const high = information(above, ram.length, placed, commandLine);
  requireRam(ram, above, above + high.length, 'command line and module strings', null);
  ram.set(high, above);
  return { entry, information: above };
}

function findHeader(image: Uint8Array, name: string): number {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const end = Math.min(image.length, SEARCH_BYTES) - 12;
  // The number may stand in code, too: only with its checksum does it begin a header.
  let wrong: ImageError | undefined;
  for (let at = 0; at <= end; at += 4) {
    if (view.getUint32(at, true) !== HEADER_MAGIC) continue;
    const sum = (HEADER_MAGIC + view.getUint32(at + 4, true) + view.getUint32(at + 8, true)) >>> 0;
    if (sum === 0) return at;
    const problem = `multiboot checksum is wrong; magic, flags and checksum add up to 0x${sum.toString(16)}, expected 0`;
    wrong ??= new ImageError(name, at + 8, problem);
  }
  if (wrong) throw wrong;
  throw new ImageError(
    name,
    null,
    `no multiboot header (magic 0x1badb002, 4-byte aligned) in its first ${SEARCH_BYTES} bytes${whatElse(image)}`,
  );
}

/** What a file without a header may be, for people. */
function whatElse(image: Uint8Array): string {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const has = (at: number, text: string): boolean =>
    String.fromCharCode(...image.subarray(at, at + text.length)) === text;
  if (has(0x202, 'HdrS')) return '; it is a Linux kernel, which is booted by another protocol';
  if (has(0x8001, 'CD001')) return '; it is the image of a CD, of which the kernel inside is wanted';
  if (has(0, '\x1f\x8b')) return '; it is compressed (gzip)';
  for (let at = 0; at + 4 <= Math.min(image.length, 4 * SEARCH_BYTES); at += 8) {
    if (view.getUint32(at, true) === MULTIBOOT2_MAGIC) return '; it has one of Multiboot 2, which is not read here';
  }
  return has(510, '\x55\xaa') ? '; it is a boot sector, which needs a BIOS' : '';
}

/** Physical addresses that an image takes. */
interface Range {
  readonly start: number;
  readonly end: number;
}

interface Entered {
  readonly entry: number;
  readonly ranges: readonly Range[];
}

function loadFlat(ram: Uint8Array, image: Uint8Array, at: number, name: string): Entered {
  if (at + 32 > image.length) throw new ImageError(name, at + 12, 'ends inside the address fields of the header');
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const [header, load, loadEnd, bssEnd, entry] = [12, 16, 20, 24, 28].map((field) => view.getUint32(at + field, true));
  const offset = at - (header - load);
  if (header < load || offset < 0) {
    throw new ImageError(name, at + 12, "header_addr - load_addr must be between 0 and the header's file offset");
  }
  const length = loadEnd === 0 ? image.length - offset : loadEnd - load;
  if (length < 0 || offset + length > image.length) {
    throw new ImageError(name, at + 20, `load_end_addr wants ${length} bytes; the file has ${image.length - offset}`);
  }
  const end = Math.max(load + length, bssEnd);
  requireRam(ram, load, end, name, at + 16);
  ram.set(image.subarray(offset, offset + length), load);
  ram.fill(0, load + length, end);
  return { entry, ranges: [{ start: load, end }] };
}

function loadElf(ram: Uint8Array, image: Uint8Array, name: string): Entered {
  if (!isElf(image)) {
    throw new ImageError(name, 0, 'neither an ELF file nor a multiboot header with load addresses (flag 16)');
  }
  const elf = parseElf(image, name);
  let { entry } = elf;
  for (const s of elf.segments) {
    requireRam(ram, s.physicalAddress, s.physicalAddress + s.memoryBytes, name, s.offset);
    ram.set(image.subarray(s.offset, s.offset + s.fileBytes), s.physicalAddress);
    ram.fill(0, s.physicalAddress + s.fileBytes, s.physicalAddress + s.memoryBytes);
    const offset = elf.entry - s.virtualAddress;
    // The entry of a kernel linked high is a linear address; without paging its physical counterpart is meant.
    if (s.executable && offset >= 0 && offset < s.fileBytes) entry = s.physicalAddress + offset;
  }
  if (elf.segments.length === 0) throw new ImageError(name, 28, 'has no loadable segment');
  const ranges = elf.segments.map((s) => ({ start: s.physicalAddress, end: s.physicalAddress + s.memoryBytes }));
  return { entry, ranges };
}

interface Placed {
  readonly start: number;
  readonly end: number;
  readonly args: string;
}

function placeModules(ram: Uint8Array, modules: readonly Module[], from: number): Placed[] {
  let at = from;
  return modules.map(({ bytes, args }) => {
    const start = Math.ceil(at / PAGE) * PAGE;
    at = start + bytes.length;
    requireRam(ram, start, at, `module "${args}"`, null);
    ram.set(bytes, start);
    return { start, end: at, args };
  });
}

/** The boot information and what it points to, for address `base`. */
function information(base: number, ramBytes: number, modules: readonly Placed[], commandLine: string): Uint8Array {
  const texts = [commandLine, 'crossings', ...modules.map((m) => m.args)].map((t) =>
    new TextEncoder().encode(`${t}\0`),
  );
  const map = memoryMap(ramBytes);
  const room = texts.reduce(
    (sum, text) => sum + text.length + 4,
    INFORMATION_BYTES + 16 * modules.length + 24 * map.length,
  );
  const bytes = new Uint8Array(Math.ceil(room / 4) * 4);
  const view = new DataView(bytes.buffer);
  let free = INFORMATION_BYTES;
  const take = (length: number): number => {
    const at = free;
    free = (free + length + 3) & ~3;
    return at;
  };
  const string = (value: Uint8Array): number => {
    const at = take(value.length);
    bytes.set(value, at);
    return base + at;
  };
  const put = (at: number, ...values: number[]): void => {
    values.forEach((value, i) => {
      view.setUint32(at + 4 * i, value, true);
    });
  };
  const moduleList = take(16 * modules.length);
  modules.forEach((m, i) => {
    put(moduleList + 16 * i, m.start, m.end, string(texts[2 + i]), 0);
  });
  const mapAt = take(24 * map.length);
  map.forEach(([start, length, type], i) => {
    put(mapAt + 24 * i, 20, start, 0, length, 0, type);
  });
  put(0, FLAGS_PRESENT, LOW_RAM / 1024, (ramBytes - HIGH_START) / 1024, 0, string(texts[0]));
  put(20, modules.length, base + moduleList);
  put(44, 24 * map.length, base + mapAt);
  put(64, string(texts[1]));
  return bytes;
}

/** Start, bytes and type (1 = RAM) of each range, as a PC's firmware reports them. */
function memoryMap(ramBytes: number): [number, number, number][] {
  return [
    [0, LOW_RAM, 1],
    [LOW_RAM, LOW_END - LOW_RAM, 2],
    [0xf0000, 0x10000, 2],
    [HIGH_START, ramBytes - HIGH_START, 1],
  ];
}

function requireRam(ram: Uint8Array, start: number, end: number, name: string, offset: number | null): void {
  if (start <= end && end <= ram.length) return;
  const mib = Math.floor(ram.length / 0x100000);
  const range = `0x${start.toString(16)}-0x${end.toString(16)}`;
  throw new ImageError(name, offset, `loads at ${range}, outside the ${mib} MiB of memory (--memory)`);
}
