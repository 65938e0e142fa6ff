// A small UNIX kernel. Reading order: main, load, process, thread, schedule, memory, fault, file, pipe, packet, syscalls;
// then the port it is built for (kernels/ports/README.md). This file starts it, and exports what stubs call by name.
import { componentCreateNamed, KIND_KERNEL } from '../lib/components';
import { consoleTo, newline, print, printWord } from '../lib/console';
import { framesInit } from '../lib/frames';
import { seedRandom } from '../lib/random';
import { isDigit, numberAt, option, wordIs } from '../lib/text';
import {
  channelPresent,
  commandLine,
  endFrame,
  entryNames,
  entryPage,
  firstFrame,
  moduleCount,
  moduleEnd,
  moduleImage,
  moduleStart,
  moduleText,
  portName,
  portReady,
  powerOff,
  putByte,
} from '../ports/port';
import { runBenchmark } from './bench';
import { connect, connectChannel, openStandard } from './file';
import { loadProgram } from './load';
import { createProcess, Process, reapAll, runProcess, startProcess } from './process';
import { adoptBootThread, self } from './thread';

export { componentCount, components } from '../lib/components';
export * from '../ports/port';
export { exception, pageFault, sysCatchFault } from './fault';
export { sysPipe, sysRead, sysWrite, sysWritev } from './file';
export { sysMmap2, sysMunmap, sysWriteProtect } from './memory';
export { packetsDone } from './packet';
export { needReschedule, reschedule, timerTick } from './schedule';
export { notImplemented, sysExit, sysGetpid, sysGetppid, sysSchedYield } from './syscalls';
export { currentThread } from './thread';

const MAX_MODULES: u32 = 16;
const started: usize = memory.data(16 * 4, 4);

export function kernelMain(): void {
  consoleTo(putByte.index);
  const seed = option(commandLine(), 'seed');
  if (seed && !isDigit(load<u8>(seed))) fail('seed', seed, 'a decimal number');
  seedRandom(seed ? numberAt(seed) : 0);
  framesInit(firstFrame(), endFrame());
  componentCreateNamed(<u32>changetype<usize>(adoptBootThread()), 0, KIND_KERNEL, 0, 'kernel');
  const timer = option(commandLine(), 'timer');
  if (timer && !wordIs(timer, 'on') && !wordIs(timer, 'off')) fail('timer', timer, 'on, off');
  portReady();
  print('kernel ');
  print(portName());
  newline();
  const bench = option(commandLine(), 'bench');
  if (bench) {
    if (!runBenchmark(bench, commandLine())) fail('bench', bench, 'ipc-primitive');
    powerOff(0);
  }
  startPrograms();
  powerOff(reapAll() ? 1 : 0);
}

/** First code of every thread but the boot thread. */
export function threadMain(): void {
  if (changetype<usize>(self().process)) runProcess();
  else call_indirect<void>(self().entry);
}

function startPrograms(): void {
  const variant = option(commandLine(), 'entry');
  const entryRoutine = entryPage(variant);
  if (!entryRoutine) fail('entry', variant, entryNames());
  const count = min(moduleCount(), MAX_MODULES);
  for (let i: u32 = 0; i < count; i++) {
    const process = createProcess(moduleText(i), moduleImage(i));
    const image = moduleStart(i);
    if (
      !changetype<usize>(process) ||
      !loadProgram(process, image, <u32>(moduleEnd(i) - image), moduleText(i), entryRoutine)
    ) {
      print('cannot load ');
      printWord(moduleText(i));
      newline();
      powerOff(2);
    }
    openStandard(process);
    store<usize>(started + (i << 2), changetype<usize>(process));
  }
  if (channelPresent() && count) connectChannel(changetype<Process>(load<usize>(started)));
  else if (count > 1) connect(changetype<Process>(load<usize>(started)), changetype<Process>(load<usize>(started + 4)));
  for (let i: u32 = 0; i < count; i++) startProcess(changetype<Process>(load<usize>(started + (i << 2))));
}

/** An option that this kernel, or this processor, cannot serve. */
function fail(key: string, value: usize, allowed: string): void {
  print(key);
  print('=');
  if (value) printWord(value);
  print(': not here; allowed: ');
  print(allowed);
  newline();
  powerOff(2);
}
