import { describe, expect, it } from 'vitest';
import { ImageError } from '../errors.js';
import { loadMultiboot } from '../image/multiboot.js';
import { readNote } from '../image/note.js';
import { elf } from './elf-writer.js';

const MIB = 0x100000;
const MAGIC = 0x1badb002;

const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values, (v) => v >>> 0).buffer);
const header = (flags: number, ...rest: number[]) => words(MAGIC, flags, -(MAGIC + flags), ...rest);
const ram = () => new Uint8Array(8 * MIB);
const word = (bytes: Uint8Array, at: number) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
const string = (bytes: Uint8Array, at: number) => {
  const end = bytes.indexOf(0, at);
  return new TextDecoder().decode(bytes.subarray(at, end));
};

/** A flat image at 1 MiB: header, four bytes of code, then 16 bytes of bss. */
const flat = (change: Partial<Record<'load' | 'loadEnd' | 'bssEnd', number>> = {}) => {
  const { load = MIB, loadEnd = MIB + 36, bssEnd = MIB + 52 } = change;
  const head = header(0x10000, MIB, load, loadEnd, bssEnd, MIB + 32);
  return Uint8Array.from([...head, 0xf4, 0xeb, 0xfd, 0x90]);
};

/** 2 KiB of zeros but for these bytes. */
const sector = ([at, ...bytes]: number[]) => {
  const image = new Uint8Array(0x800);
  image.set(bytes, at);
  return image;
};

describe('multiboot loader', () => {
  it('loads a flat image where its header says and clears its bss', () => {
    const memory = ram().fill(0xaa);
    const { entry } = loadMultiboot(memory, flat(), [], '');
    expect(entry).toBe(MIB + 32);
    expect([...memory.subarray(MIB + 32, MIB + 36)]).toEqual([0xf4, 0xeb, 0xfd, 0x90]);
    expect([...memory.subarray(MIB + 36, MIB + 53)]).toEqual([...new Array(16).fill(0), 0xaa]);
  });

  it('passes over the magic number where it is no header', () => {
    const image = Uint8Array.from([
      ...words(MAGIC, 0, 5),
      ...header(0x10000, MIB + 12, MIB + 12, 0, 0, MIB + 44),
      0xf4,
    ]);
    expect(loadMultiboot(ram(), image, [], '').entry).toBe(MIB + 44);
  });

  it('puts the boot information elsewhere when the image lies where it usually is', () => {
    const low = Uint8Array.from([...header(0x10000, 0x8000, 0x8000, 0, 0x9400, 0x8020), ...new Array(16).fill(0x90)]);
    const memory = ram();
    const { information } = loadMultiboot(memory, low, [{ bytes: Uint8Array.of(1, 2, 3), args: 'm x' }], 'kernel y');
    expect(information).toBeGreaterThanOrEqual(MIB + 3);
    expect([...memory.subarray(0x9000, 0x9400)].every((byte) => byte === 0)).toBe(true);
    expect(string(memory, word(memory, information + 16))).toBe('kernel y');
    const list = word(memory, information + 24);
    expect([word(memory, list), word(memory, list + 4)]).toEqual([MIB, MIB + 3]);
    expect(string(memory, word(memory, list + 8))).toBe('m x');
  });

  it('loads ELF segments at their physical addresses and enters there', () => {
    const code = Uint8Array.from([...header(0), 0xf4]);
    const image = elf({ entry: 0xc010000c, segments: [{ virtual: 0xc0100000, physical: MIB, bytes: code, extra: 3 }] });
    const memory = ram().fill(0xaa);
    const { entry } = loadMultiboot(memory, image, [], '');
    expect(entry).toBe(MIB + 12);
    expect([...memory.subarray(MIB, MIB + 17)]).toEqual([...code, 0, 0, 0, 0xaa]);
  });

  it('tells the command line, modules and memory', () => {
    const memory = ram();
    const modules = [
      { bytes: Uint8Array.from([1, 2, 3]), args: 'init a=1' },
      { bytes: Uint8Array.from([4]), args: 'second' },
    ];
    const { information } = loadMultiboot(memory, flat(), modules, 'kernel seed=3');
    expect(word(memory, information) & 0x4d).toBe(0x4d);
    expect(word(memory, information + 4)).toBe(639);
    expect(word(memory, information + 8)).toBe(7 * 1024);
    expect(string(memory, word(memory, information + 16))).toBe('kernel seed=3');
    expect(word(memory, information + 20)).toBe(2);
    const list = word(memory, information + 24);
    const [first, second] = [0, 16].map((at) => ({
      start: word(memory, list + at),
      end: word(memory, list + at + 4),
      args: string(memory, word(memory, list + at + 8)),
    }));
    expect(first).toEqual({ start: MIB + 0x1000, end: MIB + 0x1003, args: 'init a=1' });
    expect(second).toEqual({ start: MIB + 0x2000, end: MIB + 0x2001, args: 'second' });
    expect([...memory.subarray(first.start, first.end)]).toEqual([1, 2, 3]);
    const map = word(memory, information + 48);
    const last = map + word(memory, information + 44) - 24;
    expect([word(memory, last + 4), word(memory, last + 12), word(memory, last + 20)]).toEqual([MIB, 7 * MIB, 1]);
  });

  it.each([
    ['no header', new Uint8Array(64), /kernel image: no multiboot header/],
    ['a wrong checksum', words(MAGIC, 0, 5), /offset 0x8: multiboot checksum is wrong/],
    [
      'a kernel of Multiboot 2',
      sector([8, 0xd6, 0x50, 0x52, 0xe8]),
      /no multiboot header .*; it has one of Multiboot 2/,
    ],
    ['a Linux kernel', sector([0x202, ...Buffer.from('HdrS')]), /; it is a Linux kernel, which is booted by another/],
    ['a compressed image', sector([0, 0x1f, 0x8b]), /; it is compressed \(gzip\)/],
    ['a boot sector', sector([510, 0x55, 0xaa]), /; it is a boot sector, which needs a BIOS/],
    ['a required feature', header(0x8), /offset 0x4: the header requires features 0x8; supported are 0x1 .* and 0x2/],
    ['no addresses and no ELF', header(0), /neither an ELF file nor a multiboot header with load addresses/],
    [
      'an end beyond the file',
      flat({ loadEnd: MIB + 100 }),
      /offset 0x14: load_end_addr wants 100 bytes; the file has 36/,
    ],
    ['a load address beyond memory', flat({ bssEnd: 9 * MIB }), /outside the 8 MiB of memory/],
    [
      'an ELF of another machine',
      elf({ machine: 62, entry: 0, segments: [] }, header(0)),
      /ELF machine is 62; expected 3/,
    ],
    ['an ELF without segments', elf({ entry: 0, segments: [] }, header(0)), /has no loadable segment/],
  ])('refuses %s, naming the place', (_what, image, message) => {
    expect(() => loadMultiboot(ram(), image, [], '')).toThrow(ImageError);
    expect(() => loadMultiboot(ram(), image, [], '')).toThrow(message);
  });

  it('refuses a module that does not fit', () => {
    const module = { bytes: new Uint8Array(8 * MIB), args: 'big' };
    expect(() => loadMultiboot(ram(), flat(), [module], '')).toThrow(/module "big": loads at .* outside the 8 MiB/);
  });
});

describe('image note', () => {
  const withNote = (text: string) => elf({ entry: 0, segments: [], note: { name: 'crossings', type: 1, text } });

  it('is read from an ELF image', () => {
    const note = { name: 'init', kind: 'program', hooks: [['__region_begin', 0x8048010]] };
    expect(readNote(withNote(JSON.stringify(note)), 'x')).toMatchObject(note);
  });

  it('is absent from an image without one, and from whatever is no executable for this processor', () => {
    expect(readNote(flat(), 'x')).toBeNull();
    const object = withNote('{');
    object[16] = 1;
    expect(readNote(object, 'x')).toBeNull();
    expect(readNote(withNote('{').subarray(0, 40), 'x')).toBeNull();
    expect(readNote(elf({ entry: 0, segments: [] }), 'x')).toBeNull();
  });

  it.each([
    ['{', /x: note crossings: not JSON/],
    ['{"kind":"kernel","hooks":[]}', /field "name" .* expected a string/],
    ['{"name":"a","kind":"driver","hooks":[]}', /field "kind" .* expected "kernel" or "program"/],
    ['{"name":"a","kind":"kernel","hooks":[["b"]]}', /field "hooks" .* expected a list of \[name, address\] pairs/],
    ['{"name":"a","kind":"kernel","hooks":[],"currentThread":-1}', /field "currentThread" .* 32-bit linear address/],
  ])('refuses %s', (text, message) => {
    expect(() => readNote(withNote(text), 'x')).toThrow(message);
  });
});
