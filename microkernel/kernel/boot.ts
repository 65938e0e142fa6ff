// From the boot loader to the first threads: memory, tables, devices, then sigma0 and the root task, which the kernel
// loads from modules 0 and 1 to the physical addresses they are linked at; the other modules are the root task's
// affair.

import { copyBytes } from '../../kernels/lib/bytes';
import { componentCreateNamed, KIND_IDLE, KIND_SERVER } from '../../kernels/lib/components';
import { consoleTo, newline, print } from '../../kernels/lib/console';
import { Elements } from '../../kernels/lib/elements';
import { elfEntry, elfSegment, elfSegmentCount, elfValid, SEGMENT_LOAD } from '../../kernels/lib/elf';
import { __image_end, __text_start } from '../../kernels/lib/linker';
import {
  INFO_COMMAND_LINE,
  INFO_MEMORY,
  INFO_MODULES,
  MULTIBOOT_BOOTED,
  MultibootInfo,
  MultibootModule,
} from '../../kernels/lib/multiboot';
import {
  CR4_PGE,
  CR4_PSE,
  directorySlot,
  PAGE_GLOBAL,
  PAGE_LARGE,
  PAGE_PRESENT,
  PAGE_USER,
  PAGE_WRITE,
  tableSlot,
} from '../../kernels/lib/paging';
import { picInit, picUnmask } from '../../kernels/lib/pic';
import { pitRate } from '../../kernels/lib/pit';
import { FEATURE_PGE, FEATURE_PSE, FEATURE_SEP, processorFeatures } from '../../kernels/lib/processor';
import { copyName, option, wordIs } from '../../kernels/lib/text';
import { uartInit, uartPut } from '../../kernels/lib/uart';
import { outb, readCr4, writeCr3, writeCr4 } from '../../kernels/lib/x86';
import { interruptsInit } from './interrupt';
import { kipInit } from './kip';
import { KERNEL_BASE, KIP_AREA, physicalOf, UTCB_POINTER, VECTOR_INTERRUPTS, window } from './layout';
import { mappingInit, setSigma0 } from './mapping';
import { configurePages } from './pages';
import { poolInit, poolStart, ramEnd } from './pool';
import { allowPort, ioMapCreate } from './ports';
import { setPrivileged } from './privilege';
import { processorInit } from './processor';
import { dispatch, enqueue, idleInit } from './schedule';
import { NAME_BYTES, setKernelDirectory } from './space';
import {
  addressOf_kernelDirectory,
  addressOf_utcbPointer,
  addressOf_utcbPointerTable,
  addressOf_windowTables,
} from './stubs';
import { block, IDLE_THREAD, STATE_READY, Tcb, USER_BASE } from './tcb';
import { control } from './threads';
import { setIoMap } from './typed';

const SIGMA0: u32 = (USER_BASE << 14) | 1;
const ROOT: u32 = ((USER_BASE + 2) << 14) | 1;
/** UTCB area of the two: 4 KiB. */
const UTCB_AREA: u32 = 0xbff00000;
const POWER_PORT: u32 = 0xf4;
const TICK_HZ: u32 = 100;
const SMALLEST_RAM: u32 = 48 << 20;
const PRESENT_WRITABLE: u32 = PAGE_PRESENT | PAGE_WRITE;

/** Stops the machine with a message: nothing can go on. */
export function die(reason: string): void {
  print('microkernel: ');
  print(reason);
  newline();
  outb(POWER_PORT, 1);
  for (;;) {}
}

export function boot(magic: u32, information: u32): void {
  uartInit();
  consoleTo(uartPut.index);
  const info = changetype<MultibootInfo>(window(information));
  if (magic != MULTIBOOT_BOOTED || !(info.flags & INFO_MEMORY))
    die('needs a Multiboot loader that tells the size of memory');
  const commandLine = info.flags & INFO_COMMAND_LINE ? window(info.commandLine) : 0;
  if (!(info.flags & INFO_MODULES) || info.moduleCount < 2) die('needs modules: sigma0, root task, servers, programs');
  poolInit((info.memoryUpper + 1024) << 10);
  if (ramEnd < SMALLEST_RAM) die('needs 48 MiB of memory');
  const features = processorFeatures();
  directoryInit(features);
  if (!mappingInit()) die('no memory for the mapping database');
  const way = commandLine ? option(commandLine, 'entry') : 0;
  processorInit((features & FEATURE_SEP) != 0 && !(way && wordIs(way, 'int')));
  if (way && !wordIs(way, 'int') && !wordIs(way, 'sysenter')) die('entry= is int or sysenter');
  picInit(VECTOR_INTERRUPTS);
  interruptsInit();
  kipInit(information, __text_start(), __image_end());
  const idle = changetype<usize>(block(IDLE_THREAD));
  componentCreateNamed(idle, 0, KIND_IDLE, 0, 'idle');
  idleInit();

  const modules = window(info.modules);
  const sigma0 = startServer(SIGMA0, changetype<MultibootModule>(modules), 0);
  setSigma0(sigma0.space);
  const root = startServer(ROOT, changetype<MultibootModule>(modules + offsetof<MultibootModule>()), 1);
  setPrivileged(sigma0.space, root.space);
  const ports = ioMapCreate();
  for (let port: u32 = 0; port < 65536; port++) allowPort(ports, port);
  setIoMap(root.space, ports);
  if (!commandLine || !option(commandLine, 'timer') || wordIs(option(commandLine, 'timer'), 'on')) {
    pitRate(TICK_HZ);
    picUnmask(0);
  }
  dispatch(null);
}

/**
 * The window on physical memory and the page of the UTCB pointer; everything above SHARED_FROM is complete after this.
 * The pool is not mapped yet, so the tables lie in the image.
 */
function directoryInit(features: u32): void {
  const directory = addressOf_kernelDirectory();
  const global = features & FEATURE_PGE ? PAGE_GLOBAL : 0;
  for (let at: u32 = 0; at < ramEnd; at += 0x400000) {
    let entry = at | PRESENT_WRITABLE | PAGE_LARGE | global;
    if (!(features & FEATURE_PSE)) entry = windowTable(at, global) | PRESENT_WRITABLE;
    store<u32>(directorySlot(directory, KERNEL_BASE + at), entry);
  }
  const table = addressOf_utcbPointerTable();
  store<u32>(directorySlot(directory, UTCB_POINTER), physicalOf(table) | PAGE_PRESENT | PAGE_USER);
  store<u32>(tableSlot(table, UTCB_POINTER), physicalOf(addressOf_utcbPointer()) | PAGE_PRESENT | PAGE_USER | global);
  setKernelDirectory(physicalOf(directory));
  if (features & FEATURE_PSE) writeCr4(readCr4() | CR4_PSE);
  writeCr3(physicalOf(directory));
  if (global) writeCr4(readCr4() | CR4_PGE);
}

/** 4 MiB of the window in small pages, for processors that know no others. */
function windowTable(first: u32, global: u32): u32 {
  const table = addressOf_windowTables() + (first >> 10);
  const entries = changetype<Elements<u32>>(table);
  for (let i: u32 = 0; i < 1024; i++) entries[i] = (first + (i << 12)) | PRESENT_WRITABLE | global;
  return physicalOf(table);
}

/** Makes one of the first two threads, in a space of its own, ready at its image's entry. */
function startServer(id: u32, module: MultibootModule, index: u32): Tcb {
  const image = window(module.start);
  if (!elfValid(image, module.end - module.start, KIP_AREA)) die('sigma0 or the root task is no program image');
  loadImage(image, module.end - module.start);
  if (control(id, id, id, 0, 0xffffffff)) die('no memory for the first threads');
  const t = block(id >> 14);
  const space = t.space;
  space.image = index + 1;
  space.kind = KIND_SERVER;
  copyName(changetype<usize>(space.name), window(module.text), NAME_BYTES);
  if (!configurePages(space, UTCB_AREA, 0x1000)) die('no memory for the first spaces');
  if (control(id, id, 0, SIGMA0, UTCB_AREA)) die('no memory for the first threads');
  t.frame.eip = elfEntry(image);
  t.state = STATE_READY;
  enqueue(t);
  return t;
}

/** The images of the first two lie where they are linked, so that sigma0's rule (address = frame) holds for them. */
function loadImage(image: usize, length: u32): void {
  for (let i: u32 = 0; i < elfSegmentCount(image); i++) {
    const s = elfSegment(image, i);
    if (s.type != SEGMENT_LOAD) continue;
    if (s.linear < physicalOf(image) + length || s.linear + s.memorySize > poolStart)
      die('modules reach into the first servers');
    copyBytes(window(s.linear), image + s.offset, s.fileSize);
    memory.fill(window(s.linear) + s.fileSize, 0, s.memorySize - s.fileSize);
  }
}
