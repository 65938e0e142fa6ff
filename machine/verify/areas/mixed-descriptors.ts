/** The descriptors of a random scenario: what the free places of GDT and LDT hold, and selectors of them. */
import type { Random } from '../host/random.js';
import { type Descriptor, descriptor, gate, LDT, marker, STUB16, sel, stubOf, tss, type } from '../scenarios/map.js';
import type { Scenario } from '../scenarios/scenario.js';

const PLACE = stubOf(marker.place);
/** Free places: eight of the GDT, eight of the LDT. */
const SEGMENTS = 10;
const PLACES = Array.from({ length: 16 }, (_, i) => (i < 8 ? sel.free + 8 * i : 4 + 8 * (i - 8 + 1)));

export interface Slot {
  readonly selector: number;
  readonly small: boolean;
}

/** Code and data first, then gates to whatever selector; system descriptors among them. */
export function fill(s: Scenario, random: Random): Slot[] {
  const slots: Slot[] = [];
  const places = random.shuffled(PLACES);
  places.forEach((selector, i) => {
    const dpl = random.chance(40) ? s.start.cs & 3 : random.below(4);
    const absent = random.chance(8);
    let d: Descriptor;
    let small = false;
    if (i < SEGMENTS) {
      const code = random.chance(50);
      small = random.chance(25);
      const kind = code ? 0x18 | (random.below(4) << 1) : 0x10 | (random.below(4) << 1);
      const whole = small ? 0xffff : 0xffffffff;
      const limit = code
        ? random.of([whole, whole, whole, PLACE - 1, PLACE, 0x3fff])
        : random.of([whole, whole, 0xfff, 0x4fff, 0x5003, 0x5fff, 0xffff, 0]);
      d = descriptor(kind | random.below(2), {
        dpl,
        absent,
        small,
        limit,
        base: code ? 0 : random.of([0, 0, 0, 0x10]),
      });
    } else if (random.chance(70)) {
      const to = slotOf(slots, random);
      const kind = random.of([type.call16, type.call32, type.call32, type.task, type.int32, type.trap16]);
      const target = kind === type.task ? random.of([sel.tssB, sel.tssC, sel.tssD, to.selector]) : to.selector;
      d = gate(kind, target, entry(to), { dpl, absent, parameters: random.of([0, 0, 1, 3]) });
    } else {
      const kind = random.of([type.tss32, type.tss16, type.ldt, type.tss32Busy, type.tss16Busy, 0, 8, 10, 13]);
      d = descriptor(kind, {
        dpl,
        absent,
        base: random.of([tss.B, tss.C, LDT]),
        limit: random.of([0x67, 0x2b, 0x2a, 0x66, 0xffff]),
      });
    }
    s.describe(selector, d);
    slots.push({ selector, small: i < SEGMENTS ? small : random.chance(50) });
  });
  for (const ring of [0, 1, 2, 3]) slots.push({ selector: sel.code[ring] & ~3, small: false });
  slots.push({ selector: sel.conforming, small: false });
  return slots;
}

/** One of those filled so far, or one that is always there. */
export const slotOf = (slots: readonly Slot[], random: Random): Slot =>
  slots.length === 0 || random.chance(35)
    ? { selector: random.of([...sel.code, sel.conforming]) & ~3, small: false }
    : random.of(slots);

/** Where execution in a segment may begin: code of its width. */
export const entry = ({ small }: Slot) => (small ? STUB16 : PLACE);

/** Of a filled place most of the time; null ones, other rings' and those beyond the table besides. */
export function anySelector(slots: readonly Slot[], random: Random, cpl: number): number {
  const rpl = random.chance(60) ? cpl : random.below(4);
  if (random.chance(8)) return random.below(4);
  if (random.chance(20))
    return (
      (random.of([...sel.data, ...sel.data, sel.tssB, sel.tssC, sel.tssD, sel.ldt, sel.tssA, 0x800, 0x3fc]) & ~3) | rpl
    );
  return random.of(slots).selector | rpl;
}
