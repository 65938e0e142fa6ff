/**
 * The symbols of an image file, at every address where its code is executed: where it was linked, at the physical
 * address while paging is off, and where a kernel shows a page of it to user mode.
 */
import { readFileSync } from 'node:fs';
import { isElf, parseElf } from '../machine/image/elf.js';
import { readNote } from '../machine/image/note.js';
import { stubPageAddress } from '../machine/ledger/hooks.js';
import { type CodePlace, type DebugInfo, Symbols } from '../toolchain/debug/info.js';
import { debugInfo } from '../toolchain/driver/images.js';

const PAGE = 4096;

/** Code that was linked at `address` and is executed at `at`, too. */
interface Window {
  readonly at: number;
  readonly address: number;
  readonly size: number;
}

class SeenElsewhere extends Symbols {
  constructor(
    info: DebugInfo,
    private readonly windows: readonly Window[],
  ) {
    super(info);
  }

  override find(linear: number): CodePlace | undefined {
    const window = this.windows.find(({ at, size }) => linear >= at && linear < at + size);
    return super.find(window ? linear - window.at + window.address : linear);
  }
}

/** None where nothing lies beside the image that says what it is made of. */
export function symbolsAt(path: string): Symbols[] {
  const info = debugInfo(path);
  return info ? [new SeenElsewhere(info, windowsOf(path))] : [];
}

function windowsOf(path: string): Window[] {
  const bytes = readFileSync(path);
  if (!isElf(bytes)) return [];
  const loaded = parseElf(bytes, path)
    .segments.filter(({ executable, physicalAddress: at, virtualAddress }) => executable && at !== virtualAddress)
    .map(({ physicalAddress: at, virtualAddress: address, memoryBytes: size }) => ({ at, address, size }));
  const pages = (readNote(bytes, path)?.hooks ?? []).flatMap(([name, address]) => {
    const at = stubPageAddress(name);
    return at === null ? [] : [{ at, address, size: PAGE }];
  });
  return [...pages, ...loaded];
}
