/** Symbols of an ELF image by name (System V gABI, chapter 4): sections of type SYMTAB and their strings. */
export function symbolsOf(elf: Uint8Array): Map<string, number> {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const sections = view.getUint32(32, true);
  const header = (i: number) => sections + i * 40;
  const found = new Map<string, number>();
  for (let i = 0; i < view.getUint16(48, true); i++) {
    if (view.getUint32(header(i) + 4, true) !== 2) continue;
    const [at, size] = [view.getUint32(header(i) + 16, true), view.getUint32(header(i) + 20, true)];
    const strings = view.getUint32(header(view.getUint32(header(i) + 24, true)) + 16, true);
    for (let symbol = at; symbol < at + size; symbol += 16) {
      const from = strings + view.getUint32(symbol, true);
      const name = new TextDecoder('latin1').decode(elf.subarray(from, elf.indexOf(0, from)));
      found.set(name, view.getUint32(symbol + 4, true));
    }
  }
  return found;
}
