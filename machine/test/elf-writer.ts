/** Smallest ELF32 executables for tests: program headers and their bytes, no sections. */
export interface ElfParts {
  entry: number;
  machine?: number;
  segments: { virtual: number; physical: number; bytes: Uint8Array; extra?: number }[];
  note?: { name: string; type: number; text: string };
}

/** @param tail bytes put between the headers and the segments, for instance a multiboot header */
export function elf(parts: ElfParts, tail: Uint8Array = new Uint8Array()): Uint8Array {
  const headers = parts.segments.length + Number(parts.note !== undefined);
  const noteBytes = parts.note ? note(parts.note) : new Uint8Array();
  const start = 52 + 32 * headers + tail.length;
  const total = start + parts.segments.reduce((sum, s) => sum + s.bytes.length, 0) + noteBytes.length;
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const half = (at: number, value: number) => view.setUint16(at, value, true);
  const words = (at: number, ...values: number[]) => values.forEach((v, i) => void view.setUint32(at + 4 * i, v, true));
  half(16, 2);
  half(18, parts.machine ?? 3);
  words(20, 1, parts.entry, 52, 0, 0);
  half(40, 52);
  half(42, 32);
  half(44, headers);
  bytes.set(tail, 52 + 32 * headers);
  let at = start;
  parts.segments.forEach((s, i) => {
    words(52 + 32 * i, 1, at, s.virtual, s.physical, s.bytes.length, s.bytes.length + (s.extra ?? 0), 7, 4096);
    bytes.set(s.bytes, at);
    at += s.bytes.length;
  });
  if (parts.note) {
    words(52 + 32 * parts.segments.length, 4, at, 0, 0, noteBytes.length, 0, 4, 4);
    bytes.set(noteBytes, at);
  }
  return bytes;
}

function note({ name, type, text }: NonNullable<ElfParts['note']>): Uint8Array {
  const encode = (value: string) => [...new TextEncoder().encode(value)];
  const pad = (bytes: number[]) => [...bytes, ...new Array(-bytes.length & 3).fill(0)];
  const nameBytes = encode(`${name}\0`);
  const description = encode(text);
  const head = [...new Uint8Array(Uint32Array.of(nameBytes.length, description.length, type).buffer)];
  return Uint8Array.from([...head, ...pad(nameBytes), ...pad(description)]);
}
