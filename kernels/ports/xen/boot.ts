// What the domain builder handed over: start_info, and the programs behind it (vmm/builder.ts says in which form).

import { Structs } from '../../lib/elements';
import { MultibootModule } from '../../lib/multiboot';
import { SIF_PRIVILEGED, StartInfo } from '../../lib/xen/sharedInfo';
import { kernelMain } from '../guest/stubs';
import { eventsInit } from './events';
import { fixmapInit, mapMachine, SHARED_INFO } from './fixmap';
import { KERNEL_BASE, memoryInit } from './memory';

let start: StartInfo = changetype<StartInfo>(0);

/** From the boot stub. */
export function xenStart(given: StartInfo): void {
  start = given;
  memoryInit(given);
  fixmapInit();
  mapMachine(SHARED_INFO, given.sharedInfo);
  eventsInit();
  kernelMain();
}

export function startInfo(): StartInfo {
  return start;
}

export function isPrivileged(): bool {
  return (start.flags & SIF_PRIVILEGED) != 0;
}

export function commandLine(): usize {
  return changetype<usize>(start) + offsetof<StartInfo>('cmdLine');
}

/** Behind the boot page tables, which are the last thing the builder made. */
export function firstFrame(): u32 {
  return start.ptBase - KERNEL_BASE + (start.nrPtFrames << 12);
}

export function endFrame(): u32 {
  return start.nrPages << 12;
}

export function moduleCount(): u32 {
  return load<u32>(start.modStart);
}

function module(i: u32): MultibootModule {
  return changetype<Structs<MultibootModule>>(<usize>(start.modStart + 4))[i];
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
