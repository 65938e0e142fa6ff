/** Paging and control registers: where an oracle does not do as the manual says. */
import { all, fieldsWhere, type KnownDifference, raised, VECTOR } from './difference.js';

export const paging: readonly KnownDifference[] = [
  {
    id: 'walk-before-fault',
    oracle: 'qemu',
    manual: 'vol. 3, 4.8 "Accessed and Dirty Flags"',
    what: 'a walk that ends in a fault has set accessed bits; here it sets none',
    areas: ['paging', 'large-pages'],
    covers: (_s, ours, theirs) =>
      raised(ours) === VECTOR.pf && raised(theirs) === VECTOR.pf
        ? fieldsWhere(ours, theirs, (field, a, b) => field.startsWith('[') && b - a === 0x20 && (b & 0x20) !== 0)
        : [],
  },
  {
    id: 'read-before-write',
    oracle: 'qemu',
    manual: 'vol. 3, 4.7 "Page-Fault Exceptions": W/R',
    what: 'an instruction that reads and writes its operand faults as a read, and sees the second page first',
    areas: ['paging', 'large-pages'],
    covers: (s, ours, theirs) => {
      if (raised(ours) !== VECTOR.pf || raised(theirs) !== VECTOR.pf) return [];
      if (!/modify|bts|cmpxchg|xadd/.test(s.name)) return [];
      const across = s.name.startsWith('across') ? ['cr2', '[c000]', '[c004]', 'stack0'] : [];
      return [
        ...fieldsWhere(ours, theirs, (field, a, b) => field === 'stack0' && ((a ^ b) & ~3) === 0 && (a & 2) !== 0),
        ...fieldsWhere(ours, theirs, (field, a, b) => field.startsWith('[') && b - a === 0x20),
        ...across,
      ];
    },
  },
  {
    id: 'reserved-bits-of-cr0',
    oracle: 'qemu',
    manual: 'vol. 3, 2.5 "Control Registers"',
    what: 'reserved bits of CR0 can be set',
    areas: ['control-registers'],
    covers: (s, ours, theirs) =>
      s.name.startsWith('mov cr0 ffffffff') && theirs.get('cr0') === 0xffffffff && ours.get('cr0') !== 0xffffffff
        ? ['cr0', 'ebx']
        : [],
  },
  {
    id: 'reserved-bit-of-a-page',
    oracle: 'qemu',
    manual: 'vol. 3, 4.7 "Page-Fault Exceptions": RSVD, P',
    what: 'a reserved bit faults with P clear',
    areas: ['large-pages', 'pae', 'nx'],
    covers: (s, ours, theirs) =>
      /^(large-pages|pae|nx)$/.test(s.area) &&
      (ours.get('stack0')! & 8) !== 0 &&
      raised(ours) === VECTOR.pf &&
      raised(theirs) === VECTOR.pf
        ? fieldsWhere(ours, theirs, (field, a, b) => field === 'stack0' && a - b === 1)
        : [],
  },
  {
    id: 'pointers-of-pae',
    oracle: 'qemu',
    manual: 'vol. 3, 4.4.1 "PDPTE Registers"',
    what: 'reserved bits of the page-directory pointers are not looked at when CR3 is loaded',
    areas: ['pae'],
    covers: (s, ours, theirs) =>
      all(/^pointer with/.test(s.name) && raised(ours) === VECTOR.gp && raised(theirs) === VECTOR.done),
  },
  {
    id: 'width-of-physical-addresses',
    oracle: 'bochs',
    manual: 'vol. 3, 4.1.4 "Enumeration of Paging Features by CPUID": 36 bits without leaf 80000008H',
    what: 'physical addresses have 40 bits on every model: bit 36 of an entry is not reserved',
    areas: ['pae'],
    covers: (s, ours, theirs) =>
      all(/^reserved bits 10 in/.test(s.name) && raised(ours) === VECTOR.pf && raised(theirs) === VECTOR.done),
  },
  {
    id: 'caches-without-write-back',
    oracle: 'qemu',
    manual: 'vol. 2, MOV CR: NW set and CD clear',
    what: 'CR0.NW can be set while CD is clear',
    areas: ['control-registers'],
    covers: (s, ours, theirs) =>
      all(s.name.startsWith('mov cr0 20000001') && raised(ours) === VECTOR.gp && raised(theirs) === VECTOR.done),
  },
  {
    id: 'control-registers-that-are-none',
    oracle: 'qemu',
    manual: 'vol. 3, table 6-2 "Priority Among Concurrent Events": decoding comes first',
    what: 'MOV of CR1 and CR5 to CR7 outside of ring 0 is #GP, not #UD',
    areas: ['control-registers'],
    covers: (s, ours, theirs) =>
      all(/mov (to|from) cr ?[1567] cpl/.test(s.name) && raised(ours) === 6 && raised(theirs) === VECTOR.gp),
  },
];
