/** Registers, memory and encoding of an instruction in the making, and the ways to address its memory. */
import { block } from './block.js';
import { little, type Random } from './random.js';

export const [EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI] = [0, 1, 2, 3, 4, 5, 6, 7];

export class Encoding {
  protected readonly registers: number[];
  protected readonly memory = new Uint8Array(block.bytes - block.window);
  protected readonly view = new DataView(this.memory.buffer);
  /** Registers whose value an address, a count or a bound depends on. */
  protected readonly kept = new Set<number>([ESP]);
  protected readonly prefixes: number[] = [];
  /** ModRM and what follows it. */
  protected readonly tail: number[] = [];
  protected reg = 0;

  constructor(
    protected readonly random: Random,
    protected readonly base: number,
  ) {
    this.registers = Array.from({ length: 8 }, () => random.value());
    this.registers[ESP] = base + block.top + 4 * random.below(4) + (random.chance(10) ? random.below(4) : 0);
    // Equal memory keeps comparing strings going, but for one bit.
    const same = random.chance(40) ? random.value() : undefined;
    for (let i = 0; i < this.memory.length; i += 4) this.view.setUint32(i, same ?? random.value(), true);
    if (same !== undefined && random.chance(70)) this.memory[random.below(128)] ^= 1 << random.below(8);
  }

  protected set(register: number, value: number): void {
    if (!this.kept.has(register)) this.registers[register] = value >>> 0;
  }

  protected hold(register: number, value: number): void {
    this.registers[register] = value >>> 0;
    this.kept.add(register);
  }

  /** Writes a doubleword of the block's memory by its address. */
  protected poke(address: number, value: number): void {
    this.view.setUint32(address - this.base - block.window, value >>> 0, true);
  }

  /** ModRM, SIB and displacement; the base register or the displacement is solved for the address. */
  protected address32(address: number): void {
    const { random } = this;
    const opcode = this.reg << 3;
    const choice = [EAX, ECX, EDX, EBX, EBP, ESI, EDI].filter((r) => !this.kept.has(r));
    const near = random.below(256) - 128;
    const wide = random.chance(50);
    const [base, index, scale] = [random.of(choice), random.of(choice), random.below(4)];
    const scaled = Math.imul(this.registers[index], 1 << scale);
    const indexed = (scale << 6) | (index << 3);
    const form = base === index ? random.of([0, 2, 3]) : random.below(5);
    if (form === 0) {
      this.tail.push(...(wide ? [opcode | 5] : [opcode | 4, 0x25]), ...little(address));
    } else if (form === 1) {
      const bare = base !== EBP && random.chance(30);
      const displacement = bare ? 0 : wide ? random.word() : near;
      this.hold(base, address - displacement);
      this.tail.push((bare ? 0 : wide ? 0x80 : 0x40) | opcode | base, ...little(displacement, bare ? 0 : wide ? 4 : 1));
    } else if (form === 2) {
      this.tail.push(0x80 | opcode | 4, 0x24, ...little(address - this.registers[ESP]));
    } else if (form === 3) {
      this.kept.add(index);
      this.tail.push(opcode | 4, indexed | 5, ...little(address - scaled));
    } else {
      const displacement = wide ? random.word() : near;
      this.kept.add(index);
      this.hold(base, address - displacement - scaled);
      this.tail.push((wide ? 0x80 : 0x40) | opcode | 4, indexed | base, ...little(displacement, wide ? 4 : 1));
    }
  }

  /** The same with 16 bits: the first register of a pair, or the displacement, is solved for the offset. */
  protected address16(offset: number): void {
    const { random } = this;
    const [mod, rm] = [random.below(3), random.below(8)];
    const [first, second] = [[EBX, ESI], [EBX, EDI], [EBP, ESI], [EBP, EDI], [ESI], [EDI], [EBP], [EBX]][rm];
    const size = mod === 2 || (mod === 0 && rm === 6) ? 2 : mod;
    this.prefixes.push(0x67);
    if ((mod === 0 && rm === 6) || this.kept.has(first)) {
      this.tail.push((this.reg << 3) | 6, ...little(offset, 2));
      return;
    }
    const displacement = size === 1 ? random.below(256) - 128 : size === 2 ? random.word() : 0;
    const added = second === undefined ? 0 : this.registers[second];
    if (second !== undefined) this.kept.add(second);
    this.hold(first, (random.word() & 0xffff0000) | ((offset - displacement - added) & 0xffff));
    this.tail.push((mod << 6) | (this.reg << 3) | rm, ...little(displacement, size));
  }
}
