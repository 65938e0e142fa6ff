/** The multiboot image of a list of scenarios: the supervisor's code and tables, the stubs, and the list behind. */
import { type Assembler, defineStubs } from '../../../toolchain/assembler/index.js';
import { type FlatImage, flatImage } from '../../bench/flat-image.js';
import { arena, GDT, IDT, MARKERS, marker, pristine, STUB16, sel, stubOf, vector } from './map.js';
import { realStubs } from './real-stubs.js';
import { type Scenario, startFields } from './scenario.js';
import { BASE, END, supervise } from './supervisor.js';

function data(a: Assembler): void {
  a.data();
  a.align(16);
  a.label('cursor');
  a.dd(0);
  a.label('state');
  a.dd(0);
  for (const [name, base] of [
    ['gdtPointer', GDT],
    ['idtPointer', IDT],
    ['wholeGdt', GDT],
    ['wholeIdt', IDT],
  ] as const) {
    a.label(name);
    a.dw(0x7ff);
    a.dd(base);
    a.dw(0);
  }
  a.label('digits');
  a.db('0123456789abcdef');
  a.label('shutdown');
  a.db('Shutdown', 0);
  a.align(16);
  a.label('pristine');
  const bytes = pristine();
  const stub = BASE + 0x20;
  const view = new DataView(bytes.buffer);
  for (let n = 0; n < MARKERS; n++) {
    const place = stubOf(n) - arena.start;
    bytes[place] = 0x68;
    view.setUint32(place + 1, n, true);
    bytes[place + 5] = 0xe9;
    view.setUint32(place + 6, stub - (stubOf(n) + 10), true);
  }
  // In 16-bit code: a far jump with 32-bit offset into conforming code, which keeps the privilege level.
  const far = [0x66, 0xea, 0, 0, 0, 0, sel.conforming, 0];
  bytes.set(far, STUB16 - arena.start);
  view.setUint32(STUB16 + 2 - arena.start, stubOf(marker.from16), true);
  a.bytes(...bytes);
  a.align(16);
  a.label('scenarios');
}

const supervisor = (): FlatImage =>
  flatImage(
    defineStubs('supervisor', (a) => {
      supervise(a);
      data(a);
    }),
    'start',
    BASE,
  );

let built: FlatImage | undefined;

/** A multiboot image of these scenarios. */
export function imageOf(scenarios: readonly Scenario[]): Uint8Array {
  built ??= supervisor();
  const words: number[] = [];
  for (const { blocks, start: state, shown } of scenarios) {
    words.push(blocks.length);
    for (const { address, bytes } of blocks) {
      words.push(address, bytes.length);
      for (let i = 0; i < bytes.length; i += 4) {
        words.push(bytes[i] | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24));
      }
    }
    words.push(...startFields.map((field) => state[field]));
    words.push(shown.length, ...shown.flat());
  }
  words.push(END);
  const list = Uint8Array.from(new Uint8Array(Uint32Array.from(words, (w) => w >>> 0).buffer));
  const image = new Uint8Array(built.bytes.length + list.length);
  image.set(built.bytes);
  image.set(list, built.bytes.length);
  const view = new DataView(image.buffer);
  // End of what is loaded, and of what is cleared.
  view.setUint32(20, BASE + image.length, true);
  view.setUint32(24, BASE + image.length, true);
  const at = (address: number) => built!.symbols.get('pristine')! - BASE + address - arena.start;
  image.set(realStubs(built.symbols.get('fromReal')!), at(STUB16 + 0x10));
  // The gate by which a recorder outside of ring 0 goes on.
  const finish = built.symbols.get('finish')!;
  const gateAt = at(IDT + 8 * vector.finish);
  view.setUint16(gateAt, finish, true);
  view.setUint16(gateAt + 6, finish >>> 16, true);
  return image;
}
