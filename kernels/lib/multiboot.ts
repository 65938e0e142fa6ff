// Multiboot 1, chapter 3.3: what the boot loader leaves behind the address in EBX. All addresses in it are physical;
// callers add the distance to where they see physical memory.

import { textLength } from './text';

/** EAX at entry. */
export const MULTIBOOT_BOOTED: u32 = 0x2badb002;

export const INFO_MEMORY: u32 = 1;
export const INFO_COMMAND_LINE: u32 = 4;
export const INFO_MODULES: u32 = 8;
export const INFO_MEMORY_MAP: u32 = 64;

@unmanaged
export class MultibootInfo {
  flags: u32;
  /** KiB below 640 KiB, and KiB from 1 MiB up to the first hole. */
  memoryLower: u32;
  memoryUpper: u32;
  bootDevice: u32;
  commandLine: u32;
  moduleCount: u32;
  modules: u32;
  symbols0: u32;
  symbols1: u32;
  symbols2: u32;
  symbols3: u32;
  memoryMapLength: u32;
  memoryMap: u32;
}

@unmanaged
export class MultibootModule {
  start: u32;
  end: u32;
  text: u32;
  reserved: u32;
}

/**
 * The physical address behind everything that was handed over, and not below `imageEnd`: memory is free from there on.
 * Loaders put command line and module list where they like, QEMU right behind the image. `offset`: from a physical address
 * to where the caller sees it.
 */
export function multibootEnd(info: MultibootInfo, imageEnd: u32, offset: u32): u32 {
  let end = imageEnd;
  if (info.flags & INFO_COMMAND_LINE) end = max(end, textEnd(info.commandLine, offset));
  if (!(info.flags & INFO_MODULES)) return end;
  end = max(end, info.modules + info.moduleCount * offsetof<MultibootModule>());
  for (let i: u32 = 0; i < info.moduleCount; i++) {
    const module = changetype<MultibootModule>(<usize>(info.modules + offset + i * offsetof<MultibootModule>()));
    end = max(end, max(module.end, textEnd(module.text, offset)));
  }
  return end;
}

function textEnd(text: u32, offset: u32): u32 {
  return text + textLength(text + offset) + 1;
}
