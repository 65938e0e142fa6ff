// A small UNIX kernel. Reading order: main, start, task, process, thread, schedule, signal, deliver; page, inode, cache,
// directory, path, ext2/, sync, flush; region, fault, memory, fork, exec, load, exit, wait; file, open, transfer, pipe, tty,
// select; then the port it is built for (kernels/ports/README.md). This file starts it, and exports what stubs and ports
// call by name. No file imports another that imports it.
import { componentCreateNamed, KIND_KERNEL } from '../lib/components';
import { consoleTo, newline, print } from '../lib/console';
import { framesInit } from '../lib/frames';
import { optionAmong, refuseOption } from '../lib/options';
import { seedRandom } from '../lib/random';
import { isDigit, numberAt, option } from '../lib/text';
import {
  channelPresent,
  commandLine,
  endFrame,
  entryNames,
  entryPage,
  firstFrame,
  moduleCount,
  optionsGood,
  portName,
  portReady,
  powerOff,
  putByte,
  resumeUser,
  timerNames,
} from '../ports/port';
import { runBenchmark } from './bench';
import { clockInit, EPOCH } from './clock';
import { reapAll } from './exit';
import { disk, markClean } from './ext2/volume';
import { connect, connectChannel, openPacket } from './file';
import { startFlushing } from './flush';
import { setEntryRoutine } from './load';
import { pagesInit } from './page';
import { wake } from './schedule';
import { filesInit, prepareInit, prepareModule } from './start';
import { syncAll } from './sync';
import { Process } from './task';
import { adoptBootThread, self } from './thread';
import { ttyInit } from './tty';

export { componentCount, components } from '../lib/components';
export * from '../ports/port';
export { sysKernelCounts } from './counts';
export { beforeUser } from './deliver';
export { diskDone } from './disk';
export { sysExecve } from './exec';
export { sysExit } from './exit';
export { exception, pageFault, sysCatchFault } from './fault';
export {
  sysClose,
  sysDup,
  sysDup2,
  sysFcntl,
  sysFsync,
  sysFtruncate,
  sysFtruncate64,
  sysIoctl,
  sysLlseek,
  sysLseek,
  sysPipe,
  sysPipe2,
  sysSync,
  sysTruncate,
  sysTruncate64,
} from './filecalls';
export { sysClone, sysFork } from './fork';
export {
  notImplemented,
  sysGetpgid,
  sysGetpgrp,
  sysGetpid,
  sysGetppid,
  sysGetpriority,
  sysGetsid,
  sysGetuid,
  sysNice,
  sysSchedYield,
  sysSetpgid,
  sysSetpriority,
  sysSetsid,
  sysSetuid,
  sysUname,
} from './identity';
export { sysChdir, sysFchdir, sysGetcwd, sysGetdents, sysGetdents64, sysUmask } from './listing';
export { sysBrk, sysMmap2, sysMprotect, sysMsync, sysMunmap, sysOldMmap, sysWriteProtect } from './memory';
export { sysLink, sysMkdir, sysMknod, sysRmdir, sysSymlink, sysUnlink } from './namecalls';
export { sysCreat, sysOpen } from './open';
export { packetsDone } from './packet';
export { sysRename } from './rename';
export { sleepOn, wakeAll, workPending } from './schedule';
export { sysNewselect, sysOldSelect, sysPoll } from './select';
export { sysRtSigreturn, sysSigreturn } from './sigframe';
export {
  sysKill,
  sysPause,
  sysRtSigaction,
  sysRtSigpending,
  sysRtSigprocmask,
  sysRtSigsuspend,
  sysSigaction,
  sysSignal,
  sysSigpending,
  sysSigprocmask,
  sysSigsuspend,
} from './signalcalls';
export {
  sysAccess,
  sysChmod,
  sysChown,
  sysFchmod,
  sysFchown,
  sysFstat,
  sysFstat64,
  sysFstatfs,
  sysLstat,
  sysLstat64,
  sysReadlink,
  sysStat,
  sysStat64,
  sysStatfs,
  sysUtime,
  sysUtimes,
} from './stat';
export { currentThread } from './thread';
export { sysAlarm, sysGettimeofday, sysNanosleep, sysSetitimer, sysTime, sysTimes, timerTick } from './time';
export { sysPread64, sysPwrite64, sysRead, sysReadv, sysWrite, sysWritev } from './transfer';
export { consoleInput } from './tty';
export { sysWait4, sysWaitpid } from './wait';

const MAX_MODULES: u32 = 16;
const started: usize = memory.data(16 * 4, 4);

export function kernelMain(): void {
  consoleTo(putByte.index);
  const seed = numeric('seed', 0);
  seedRandom(seed);
  framesInit(firstFrame(), endFrame());
  pagesInit(firstFrame(), endFrame());
  componentCreateNamed(<u32>changetype<usize>(adoptBootThread()), 0, KIND_KERNEL, 0, 'kernel');
  if (!optionAmong(commandLine(), 'timer', timerNames())) powerOff(2);
  if (!optionAmong(commandLine(), 'root', 'hda') || !optionsGood()) powerOff(2);
  const disk = option(commandLine(), 'root');
  clockInit(numeric('time', EPOCH));
  ttyInit();
  portReady();
  print('kernel ');
  print(portName());
  newline();
  const bench = option(commandLine(), 'bench');
  if (bench) {
    if (!runBenchmark(bench, commandLine())) fail('bench', bench, 'ipc-primitive');
    powerOff(0);
  }
  const variant = option(commandLine(), 'entry');
  const entryRoutine = entryPage(variant);
  if (!entryRoutine) fail('entry', variant, entryNames());
  setEntryRoutine(entryRoutine);
  if (!filesInit(disk != 0)) powerOff(2);
  if (disk) startFlushing();
  startPrograms(disk != 0);
  const failures = reapAll();
  unmount();
  powerOff(failures ? 1 : 0);
}

/** What is in memory only goes to the disk, and the disk says that it is whole. */
function unmount(): void {
  if (!changetype<usize>(disk)) return;
  syncAll();
  markClean();
  syncAll();
}

/** First code of every thread but the boot thread. */
export function threadMain(): void {
  if (changetype<usize>(self().process)) resumeUser();
  else call_indirect<void>(self().entry);
}

function startPrograms(onDisk: bool): void {
  const count = min(moduleCount(), MAX_MODULES);
  const init = option(commandLine(), 'init');
  if (init && !onDisk) fail('init', init, 'with root=hda only');
  for (let i: u32 = 0; i < count; i++) {
    const process = prepareModule(i);
    if (!changetype<usize>(process)) powerOff(2);
    if (!onDisk) openPacket(process);
    store<Process>(started + (i << 2), process);
  }
  const first = load<Process>(started);
  if (channelPresent() && count) connectChannel(first);
  else if (count > 1 && !onDisk) connect(first, load<Process>(started + 4));
  for (let i: u32 = 0; i < count; i++) wake(load<Process>(started + (i << 2)).thread);
  if (!init) return;
  const process = prepareInit(init);
  if (!changetype<usize>(process)) powerOff(2);
  wake(process.thread);
}

/** The number of an option. */
function numeric(key: string, otherwise: u32): u32 {
  const value = option(commandLine(), key);
  if (!value) return otherwise;
  if (!isDigit(load<u8>(value))) fail(key, value, 'a decimal number');
  return numberAt(value);
}

function fail(key: string, value: usize, allowed: string): void {
  refuseOption(key, value, allowed);
  powerOff(2);
}
