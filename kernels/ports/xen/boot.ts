// What the domain builder handed over: start_info, and the programs behind it (vmm/builder.ts says in which form).

import { MultibootModule } from '../../lib/multiboot';
import * as S from '../../lib/xen/sharedInfo';
import { kernelMain } from '../guest/stubs';
import { eventsInit } from './events';
import { fixmapInit, mapMachine, SHARED_INFO } from './fixmap';
import { KERNEL_BASE, memoryInit } from './memory';

let start: usize = 0;

/** From the boot stub. */
export function xenStart(startInfo: usize): void {
  start = startInfo;
  memoryInit(startInfo);
  fixmapInit();
  mapMachine(<u32>SHARED_INFO, load<u32>(startInfo, S.START_shared_info));
  eventsInit();
  kernelMain();
}

/** A word of start_info. */
export function startWord(field: usize): u32 {
  return load<u32>(start + field);
}

export function isPrivileged(): bool {
  return (startWord(S.START_flags) & S.SIF_PRIVILEGED) != 0;
}

export function commandLine(): usize {
  return start + S.START_cmd_line;
}

/** Behind the boot page tables, which are the last thing the builder made. */
export function firstFrame(): u32 {
  return startWord(S.START_pt_base) - KERNEL_BASE + (startWord(S.START_nr_pt_frames) << 12);
}

export function endFrame(): u32 {
  return startWord(S.START_nr_pages) << 12;
}

export function moduleCount(): u32 {
  return load<u32>(startWord(S.START_mod_start));
}

function module(i: u32): MultibootModule {
  return changetype<MultibootModule>(startWord(S.START_mod_start) + 4 + i * <u32>offsetof<MultibootModule>());
}

export function moduleStart(i: u32): usize {
  return module(i).start;
}

export function moduleEnd(i: u32): usize {
  return module(i).end;
}

export function moduleText(i: u32): usize {
  return module(i).text;
}

export function moduleImage(i: u32): u32 {
  return module(i).reserved + 1;
}
