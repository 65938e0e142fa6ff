// A fragment is a run of code or data under construction: bytes, labels, branches whose length is not known yet, and
// places that the linker fills in. finish() lays it out.
//
// Branches to a label of the same fragment start in their short form (2 bytes) and grow to the near form (5 or 6) while
// any target lies outside -128..127. Growing never shortens another branch, so the loop ends. All other branches are
// near, with a relocation.
import { AssemblerError, CONDITIONS, type Condition } from './operands.js';

export interface Relocation {
  /** Where the 32-bit value lies, from the start of the fragment. */
  readonly offset: number;
  /** abs32: symbol + addend. rel32: symbol + addend - place. */
  readonly kind: 'abs32' | 'rel32';
  readonly symbol: string;
  readonly addend: number;
}

export interface Label {
  readonly name: string;
  readonly offset: number;
}

export interface Assembled {
  readonly bytes: Uint8Array;
  readonly relocations: readonly Relocation[];
  readonly labels: readonly Label[];
  /** Zero-byte labels that the image's note lists. */
  readonly hooks: readonly Label[];
  /** Offset of an instruction and its position in the source (an offset in the WebAssembly code). */
  readonly lines: readonly (readonly [number, number])[];
  /** From an offset on, the number of bytes between ESP and the return address, in compiled functions. */
  readonly frames?: readonly (readonly [number, number])[];
  readonly align: number;
}

type Atom =
  | { kind: 'bytes'; bytes: number[]; relocations: Relocation[] }
  | { kind: 'branch'; condition: Condition | 'jmp'; target: string; near: boolean }
  | { kind: 'label'; name: string }
  | { kind: 'hook'; name: string }
  | { kind: 'line'; position: number }
  | { kind: 'frame'; depth: number }
  | { kind: 'align'; to: number; fill: number }
  | { kind: 'space'; size: number };

/** Of one area, in bytes. */
const MOST_SPACE = 2 ** 28;

export class Fragment {
  private readonly atoms: Atom[] = [];
  private readonly names = new Set<string>();
  private largestAlign = 1;

  /** @param watched a symbol whose use is to be an error: how the place of an undefined one is found */
  constructor(private readonly watched?: string) {}

  get empty(): boolean {
    return this.atoms.length === 0;
  }

  bytes(...bytes: number[]): void {
    const run = this.run();
    for (const b of bytes) run.bytes.push(b & 0xff);
  }

  word(value: number): void {
    this.bytes(value, value >> 8);
  }

  dword(value: number): void {
    this.bytes(value, value >> 8, value >> 16, value >>> 24);
  }

  /** A 32-bit place for the linker. For rel32 the addend is counted from the place itself. */
  relocate(kind: Relocation['kind'], symbol: string, addend: number): void {
    this.use(symbol);
    const run = this.run();
    run.relocations.push({ offset: run.bytes.length, kind, symbol, addend: addend | 0 });
    this.dword(0);
  }

  has(label: string): boolean {
    return this.names.has(label);
  }

  label(name: string): void {
    if (this.names.has(name)) throw new AssemblerError(`label '${name}' is defined twice`);
    this.names.add(name);
    this.atoms.push({ kind: 'label', name });
  }

  hook(name: string): void {
    this.atoms.push({ kind: 'hook', name });
  }

  line(position: number): void {
    this.atoms.push({ kind: 'line', position });
  }

  /** From here on, so many bytes lie between ESP and the return address. */
  frame(depth: number): void {
    this.atoms.push({ kind: 'frame', depth });
  }

  /** Pads to a multiple of `to` (a power of two) with the byte `fill`. */
  align(to: number, fill: number): void {
    if (to < 1 || (to & (to - 1)) !== 0) throw new AssemblerError(`alignment ${to} is no power of two`);
    this.largestAlign = Math.max(this.largestAlign, to);
    this.atoms.push({ kind: 'align', to, fill });
  }

  /** `size` zero bytes. */
  space(size: number): void {
    if (!Number.isInteger(size) || size < 0 || size > MOST_SPACE)
      throw new AssemblerError(`an area of ${size} bytes: 0 to ${MOST_SPACE}`);
    this.atoms.push({ kind: 'space', size });
  }

  branch(condition: Condition | 'jmp', target: string): void {
    this.use(target);
    this.atoms.push({ kind: 'branch', condition, target, near: false });
  }

  finish(): Assembled {
    for (const a of this.atoms) if (a.kind === 'branch' && !this.names.has(a.target)) a.near = true;
    let offsets = this.layout();
    while (this.grow(offsets)) offsets = this.layout();
    return this.write(offsets);
  }

  private use(symbol: string): void {
    if (symbol === this.watched) throw new AssemblerError(`symbol '${symbol}' is not defined`);
  }

  private run() {
    const last = this.atoms[this.atoms.length - 1];
    if (last?.kind === 'bytes') return last;
    const run: Atom = { kind: 'bytes', bytes: [], relocations: [] };
    this.atoms.push(run);
    return run;
  }

  private layout(): Map<string, number> {
    const offsets = new Map<string, number>();
    let at = 0;
    for (const a of this.atoms) {
      if (a.kind === 'label') offsets.set(a.name, at);
      at += sizeOf(a, at);
    }
    return offsets;
  }

  private grow(offsets: Map<string, number>): boolean {
    let grew = false;
    let at = 0;
    for (const a of this.atoms) {
      const size = sizeOf(a, at);
      if (a.kind === 'branch' && !a.near) {
        const distance = (offsets.get(a.target) as number) - (at + size);
        if (distance < -128 || distance > 127) {
          a.near = true;
          grew = true;
        }
      }
      at += size;
    }
    return grew;
  }

  private write(offsets: Map<string, number>): Assembled {
    const out = new Uint8Array(this.atoms.reduce((at, a) => at + sizeOf(a, at), 0));
    const relocations: Relocation[] = [];
    const labels: Label[] = [];
    const hooks: Label[] = [];
    const lines: [number, number][] = [];
    const frames: [number, number][] = [];
    let at = 0;
    for (const a of this.atoms) {
      const size = sizeOf(a, at);
      if (a.kind === 'bytes') {
        for (const r of a.relocations) relocations.push({ ...r, offset: at + r.offset });
        out.set(a.bytes, at);
      } else if (a.kind === 'label') labels.push({ name: a.name, offset: at });
      else if (a.kind === 'hook') hooks.push({ name: a.name, offset: at });
      else if (a.kind === 'line') lines.push([at, a.position]);
      else if (a.kind === 'frame') frames.push([at, a.depth]);
      else if (a.kind === 'align') out.fill(a.fill, at, at + size);
      else if (a.kind === 'branch') {
        const target = offsets.get(a.target);
        const opcode = a.condition === 'jmp' ? [a.near ? 0xe9 : 0xeb] : conditional(a.condition, a.near);
        const place = at + opcode.length;
        const distance = target === undefined ? 0 : target - (at + size);
        out.set(opcode, at);
        if (target === undefined) relocations.push({ offset: place, kind: 'rel32', symbol: a.target, addend: -4 });
        for (let n = 0; place + n < at + size; n++) out[place + n] = distance >> (8 * n);
      }
      at += size;
    }
    const framed = frames.length > 0 ? { frames } : {};
    return { bytes: out, relocations, labels, hooks, lines, ...framed, align: this.largestAlign };
  }
}

function conditional(condition: Condition, near: boolean): number[] {
  const n = CONDITIONS[condition];
  return near ? [0x0f, 0x80 + n] : [0x70 + n];
}

function sizeOf(a: Atom, at: number): number {
  switch (a.kind) {
    case 'bytes':
      return a.bytes.length;
    case 'branch':
      return a.near ? (a.condition === 'jmp' ? 5 : 6) : 2;
    case 'space':
      return a.size;
    case 'align':
      return -at & (a.to - 1);
    default:
      return 0;
  }
}
