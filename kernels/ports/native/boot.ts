// What the boot loader handed over: memory, command line, modules. The structures stay where they are, below everything
// that the kernel gives away: frames begin behind the last of image, modules and loader's data above 1 MiB.
import { __image_end } from '../../lib/linker';
import {
  INFO_COMMAND_LINE,
  INFO_MODULES,
  MULTIBOOT_BOOTED,
  MultibootInfo,
  MultibootModule,
  multibootEnd,
} from '../../lib/multiboot';
import { uartInit } from '../../lib/uart';
import { kernelMain } from '../guest/stubs';
import { networkInit } from './network';
import { KERNEL_BASE, linearOf, mapPhysical, physicalOf } from './physical';
import { timerFind } from './timer';
import { trapsInit } from './traps';

const noText: usize = memory.data(4, 4);
let info: MultibootInfo = changetype<MultibootInfo>(0);
let memoryEnd: u32 = 0;

/** From the boot stub. The loader's data may lie anywhere in the first 8 MiB, which are mapped. */
export function nativeStart(magic: u32, information: u32): void {
  if (magic != MULTIBOOT_BOOTED) unreachable();
  info = changetype<MultibootInfo>(linearOf(information));
  trapsInit();
  const end = multibootEnd(info, physicalOf(__image_end()), KERNEL_BASE);
  memoryEnd = mapPhysical((info.memoryUpper + 1024) << 10, end, commandLine());
  uartInit();
  // Devices are mapped before the guest gets its frames, and before a space copies the kernel's directory.
  networkInit();
  timerFind(commandLine());
  kernelMain();
}

export function endFrame(): u32 {
  return memoryEnd;
}

export function commandLine(): usize {
  return info.flags & INFO_COMMAND_LINE ? linearOf(info.commandLine) : noText;
}

export function moduleCount(): u32 {
  return info.flags & INFO_MODULES ? info.moduleCount : 0;
}

function module(i: u32): MultibootModule {
  return changetype<MultibootModule>(linearOf(info.modules) + i * offsetof<MultibootModule>());
}

export function moduleStart(i: u32): usize {
  return linearOf(module(i).start);
}

export function moduleEnd(i: u32): usize {
  return linearOf(module(i).end);
}

export function moduleText(i: u32): usize {
  return linearOf(module(i).text);
}

export function moduleImage(i: u32): u32 {
  return i + 1;
}
