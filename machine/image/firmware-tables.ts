/**
 * What firmware leaves in low memory for kernels to find: the words of the BIOS data area that name the sizes of memory,
 * and the MultiProcessor tables (Intel MultiProcessor Specification 1.4), with the floating pointer where QEMU's firmware
 * puts it. There is no code: no BIOS32 directory, no ACPI.
 */
const FLOATING_POINTER = 0xf5ba0;
const TABLE = FLOATING_POINTER + 16;
const LOCAL_APIC = 0xfee00000;
const IO_APIC = { id: 0, version: 0x11, base: 0xfec00000 } as const;
const entry = { PROCESSOR: 0, BUS: 1, IO_APIC: 2, INTERRUPT: 3, LOCAL_INTERRUPT: 4 } as const;
const interruptKind = { INT: 0, NMI: 1, EXTINT: 3 } as const;
const bus = { PCI: 0, ISA: 1 } as const;
/** ISA interrupts and the pins they come in at; those of PCI stand apart. */
const ISA_PINS = [
  [0, 2],
  [1, 1],
  [3, 3],
  [4, 4],
  [6, 6],
  [7, 7],
  [8, 8],
  [12, 12],
  [13, 13],
  [14, 14],
  [15, 15],
] as const;
/** Interrupts of PCI devices: device number and pin of the I/O APIC. */
const PCI_PINS = [
  [1, 9],
  [2, 10],
] as const;

export interface ProcessorIdentity {
  /** CPUID leaf 1. */
  readonly signature: number;
  readonly features: number;
}

/** @param processor null where it has no local APIC: then there are no tables */
export function writeFirmwareTables(ram: Uint8Array, processor: ProcessorIdentity | null): void {
  const view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
  // BIOS data area: COM1, segment of the extended area, base memory in KiB.
  view.setUint16(0x400, 0x3f8, true);
  view.setUint16(0x40e, 0x9fc0, true);
  view.setUint16(0x413, 639, true);
  if (processor) writeTables(ram, processor);
}

function writeTables(ram: Uint8Array, { signature, features }: ProcessorIdentity): void {
  const bytes: number[] = [];
  let count = 0;
  const long = (value: number) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
  const text = (value: string, length: number) => [...value.padEnd(length)].map((c) => c.charCodeAt(0));
  const put = (...values: number[]) => {
    bytes.push(...values);
    count++;
  };
  // Enabled, and the one that boots.
  put(entry.PROCESSOR, 0, 0x14, 0x03, ...long(signature), ...long(features), ...long(0), ...long(0));
  put(entry.BUS, bus.PCI, ...text('PCI', 6));
  put(entry.BUS, bus.ISA, ...text('ISA', 6));
  put(entry.IO_APIC, IO_APIC.id, IO_APIC.version, 1, ...long(IO_APIC.base));
  for (const [device, pin] of PCI_PINS) {
    put(entry.INTERRUPT, interruptKind.INT, 1, 0, bus.PCI, device << 2, IO_APIC.id, pin);
  }
  for (const [interrupt, pin] of ISA_PINS) {
    put(entry.INTERRUPT, interruptKind.INT, 0, 0, bus.ISA, interrupt, IO_APIC.id, pin);
  }
  put(entry.LOCAL_INTERRUPT, interruptKind.EXTINT, 0, 0, bus.ISA, 0, 0, 0);
  put(entry.LOCAL_INTERRUPT, interruptKind.NMI, 0, 0, bus.ISA, 0, 0xff, 1);

  const length = 44 + bytes.length;
  const header = [
    ...text('PCMP', 4),
    length & 0xff,
    length >> 8,
    4,
    0,
    ...text('CROSSING', 8),
    ...text('PC', 12),
    ...long(0),
    0,
    0,
    count & 0xff,
    count >> 8,
    ...long(LOCAL_APIC),
    ...long(0),
  ];
  const table = Uint8Array.from([...header, ...bytes]);
  table[7] = checksum(table);
  ram.set(table, TABLE);
  const pointer = Uint8Array.from([...text('_MP_', 4), ...long(TABLE), 1, 4, 0, 0, 0, 0, 0, 0]);
  pointer[10] = checksum(pointer);
  ram.set(pointer, FLOATING_POINTER);
}

/** The byte that makes the sum of all bytes 0. */
function checksum(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}
