// The root task: it gets all memory from sigma0, starts the servers (modules 2 up) and is their pager, makes the
// threads of the programs (the modules behind the servers) and hands those to the pager server. It is the only one
// that creates threads and spaces, hands out I/O ports and attaches interrupts.
//
// Servers are known by the name of their module: pager, service, e1000; everything else is a program. A program with
// `role=server` among its arguments is not waited for; one with `threads=2` gets a second thread in its space.
import { KIND_PROGRAM, KIND_SERVER } from '../../kernels/lib/components';
import { elfEntry, elfValid } from '../../kernels/lib/elf';
import { INFO_COMMAND_LINE, MultibootInfo, MultibootModule } from '../../kernels/lib/multiboot';
import { copyName, numberOption, option, wordIs } from '../../kernels/lib/text';
import {
  ALL_RIGHTS,
  ANY,
  AT_ONCE,
  COMPLETE,
  call,
  FIRST_FREE,
  fpage,
  globalId,
  ioFpage,
  KIP,
  KIP_AREA,
  LABEL_FAULT,
  LABEL_SIGMA0,
  l4Init,
  mr,
  NEVER,
  NIL,
  PAGE,
  PAGE_SHIFT,
  READ,
  ROOT,
  SIGMA0,
  setAcceptor,
  setMapItem,
  setMr,
  TAG_ERROR,
  tag,
  UTCB_AREA,
  UTCB_AREA_BASE,
  UTCB_BYTES,
} from './l4';
import {
  DEVICE_SHIFT,
  DEVICE_WINDOW,
  DEVICES,
  DRIVER_MEMORY,
  DRIVER_MEMORY_SHIFT,
  PAGER_END,
  PAGER_INIT,
  PAGER_START,
  POOL_BASE,
  POOL_SHIFT,
  ROOT_DEVICE,
  ROOT_EXIT,
  ROOT_INTERRUPT,
  ROOT_PORTS,
  SERVER_BYTES,
  SERVERS_BASE,
  SERVICE_INIT,
} from './protocol';
import {
  crashed,
  giveUp,
  loadServer,
  MAX_SERVERS,
  ROLE_DRIVER,
  ROLE_PAGER,
  ROLE_SERVICE,
  roleThread,
  Server,
  server,
  serverCount,
  serverStarted,
} from './started';
import { componentName, ipc, setPriority, spaceControl, threadControl } from './stubs';

const LOW_MEMORY_SHIFT: u32 = 20;
const MODULE_SHIFT: u32 = 16;
const SERVER_PRIORITY: u32 = 110;
const USER_TOP: u32 = 0xc0000000;
const KIP_BOOT_INFO: usize = 0xb8;
const UNCHANGED: u32 = 0xffffffff;
const PACKET_LINE_LAST: u32 = 15;

const name: usize = memory.data(16, 4);
const MESSAGE_WORDS: u32 = 7;
const message: usize = memory.data(28, 4);
let nextThread: u32 = FIRST_FREE;
let modulesStart: u32 = 0;
let modulesEnd: u32 = 0;

/** Asks sigma0 for an fpage: it appears at its own address, or in a window of the same size. */
function request(base: u32, shift: u32): void {
  requestInto(base, shift, COMPLETE);
}

function requestInto(base: u32, shift: u32, window: u32): void {
  setAcceptor(window);
  setMr(0, tag(LABEL_SIGMA0, 2, 0));
  setMr(1, fpage(base, shift, ALL_RIGHTS));
  setMr(2, 0);
  call(SIGMA0);
  setAcceptor(0);
}

export function main(): void {
  l4Init();
  request(0, LOW_MEMORY_SHIFT);
  const info = changetype<MultibootInfo>(load<u32>(KIP + KIP_BOOT_INFO));
  const commandLine: usize = info.flags & INFO_COMMAND_LINE ? info.commandLine : 0;
  memoryInit(info);
  let i: u32 = 2;
  for (; i < info.moduleCount; i++) if (!startServer(module(info, i), i)) break;
  setMr(0, tag(PAGER_INIT, 3, 0));
  setMr(1, commandLine ? numberOption(commandLine, 'seed', 0) : 0);
  setMr(2, roleThread(ROLE_SERVICE));
  setMr(3, roleThread(ROLE_DRIVER));
  if (!callServing(roleThread(ROLE_PAGER)) || !roleThread(ROLE_SERVICE)) giveUp('needs the servers pager and service');
  startPrograms(info, i);
  serve(ipc(NIL, ANY, NEVER));
}

function module(info: MultibootInfo, i: u32): MultibootModule {
  return changetype<MultibootModule>(info.modules + i * offsetof<MultibootModule>());
}

function memoryInit(info: MultibootInfo): void {
  modulesStart = module(info, 2).start;
  for (let i: u32 = 2; i < info.moduleCount; i++) {
    modulesStart = min(modulesStart, module(info, i).start);
    modulesEnd = max(modulesEnd, module(info, i).end);
  }
  const step: u32 = 1 << MODULE_SHIFT;
  for (let at = modulesStart & ~(step - 1); at < modulesEnd; at += step) request(at, MODULE_SHIFT);
  request(POOL_BASE, POOL_SHIFT);
  request(DRIVER_MEMORY, DRIVER_MEMORY_SHIFT);
}

/** A thread in a new space, not yet activated. */
function createThread(text: usize, kind: u32, index: u32): u32 {
  const thread = globalId(nextThread++);
  threadControl(thread, thread, ROOT, NIL, UNCHANGED);
  spaceControl(thread, KIP_AREA, UTCB_AREA);
  copyName(name, text, 16);
  componentName(thread, kind | ((index + 1) << 8), name);
  return thread;
}

/** Loads and starts the module if it is a server; false: it is a program. */
function startServer(m: MultibootModule, index: u32): bool {
  const text: usize = m.text;
  copyName(name, text, 16);
  const role = roleOf();
  if (!role || serverCount == MAX_SERVERS || !elfValid(m.start, m.end - m.start, USER_TOP)) return false;
  const s = server(serverCount);
  s.role = role;
  s.frames = SERVERS_BASE + serverCount * SERVER_BYTES;
  request(s.frames, 19);
  loadServer(s, m.start);
  s.thread = createThread(text, KIND_SERVER, index);
  serverStarted();
  threadControl(s.thread, s.thread, NIL, ROOT, UTCB_AREA_BASE);
  setPriority(s.thread, SERVER_PRIORITY);
  setMr(0, tag(0, 2, 0));
  setMr(1, elfEntry(m.start));
  setMr(2, 0);
  ipc(s.thread, NIL, NEVER);
  return true;
}

/** By the name in `name`; 0: no server. */
function roleOf(): u32 {
  if (wordIs(name, 'pager')) return ROLE_PAGER;
  if (wordIs(name, 'service')) return ROLE_SERVICE;
  if (wordIs(name, 'e1000')) return ROLE_DRIVER;
  return 0;
}

/** Programs are each other's partners in pairs: first and second, third and fourth. */
function startPrograms(info: MultibootInfo, first: u32): void {
  let waited: u32 = 0;
  const base = nextThread;
  for (let i = first; i < info.moduleCount; i++) {
    const text: usize = module(info, i).text;
    const role = option(text, 'role');
    if (!role || !wordIs(role, 'server')) waited++;
    createThread(text, KIND_PROGRAM, i);
  }
  setMr(0, tag(SERVICE_INIT, 2, 0));
  setMr(1, waited);
  setMr(2, roleThread(ROLE_PAGER));
  callServing(roleThread(ROLE_SERVICE));
  if (!waited) giveUp('there is no program to run');
  const pager = roleThread(ROLE_PAGER);
  for (let i = first; i < info.moduleCount; i++) {
    const m = module(info, i);
    const text: usize = m.text;
    const thread = globalId(base + i - first);
    let partner = globalId(base + ((i - first) ^ 1));
    threadControl(thread, thread, NIL, pager, UTCB_AREA_BASE);
    let second: u32 = NIL;
    if (numberOption(text, 'threads', 1) > 1) {
      second = globalId(nextThread++);
      threadControl(second, thread, ROOT, pager, UTCB_AREA_BASE + UTCB_BYTES);
      partner = second;
    }
    setMr(0, tag(PAGER_START, 6, 0));
    setMr(1, thread);
    setMr(2, m.start);
    setMr(3, m.end);
    setMr(4, m.text);
    setMr(5, partner);
    setMr(6, second);
    callServing(pager);
  }
}

/**
 * A call to a server that may need this task meanwhile, since its faults come here: while it does not take the message,
 * and until its answer (label 0) comes, the others are served. False: no such server.
 */
function callServing(to: u32): bool {
  if (to == NIL) return false;
  for (let n: u32 = 0; n < MESSAGE_WORDS; n++) store<u32>(message + (n << 2), mr(n));
  for (;;) {
    for (let n: u32 = 0; n < MESSAGE_WORDS; n++) setMr(n, load<u32>(message + (n << 2)));
    ipc(to, NIL, AT_ONCE);
    if (!(mr(0) & TAG_ERROR)) break;
    const waiting = ipc(NIL, ANY, NEVER);
    if (answer(waiting)) ipc(waiting, NIL, NEVER);
  }
  let from = ipc(NIL, ANY, NEVER);
  while (from != to || mr(0) >> 16 != 0) from = answer(from) ? ipc(from, ANY, NEVER) : ipc(NIL, ANY, NEVER);
  return true;
}

function serve(first: u32): void {
  let from = first;
  for (;;) from = answer(from) ? ipc(from, ANY, NEVER) : ipc(NIL, ANY, NEVER);
}

/** Puts the answer to the message received into the UTCB; false: none is due, the sender waits for ever. */
function answer(from: u32): bool {
  const label = mr(0) >> 16;
  let i: u32 = 0;
  while (i < serverCount && server(i).thread != from) i++;
  if (i == serverCount) return false;
  if (label >> 4 == LABEL_FAULT) return answerFault(server(i), mr(1));
  if (label == ROOT_EXIT && server(i).role == ROLE_SERVICE) {
    deleteProgram(mr(1));
    return false;
  }
  if (label == ROOT_PORTS) {
    const driver = server(i).role == ROLE_DRIVER;
    if (!driver && server(i).role != ROLE_SERVICE) return false;
    setMr(0, tag(0, 0, 4));
    // The driver: PCI configuration. The service server: COM1 and the port that ends the machine.
    setMapItem(1, 0, driver ? ioFpage(0xcf8, 3) : ioFpage(0x3f8, 3));
    setMapItem(3, 0, driver ? 0 : ioFpage(0xf4, 2));
    return true;
  }
  if (label == ROOT_DEVICE && server(i).role == ROLE_DRIVER && mr(1) >= DEVICES) {
    requestInto(mr(1), DEVICE_SHIFT, fpage(DEVICE_WINDOW, DEVICE_SHIFT, 0));
    return mapWhole(DEVICE_WINDOW, DEVICE_SHIFT);
  }
  if (label == ROOT_INTERRUPT && server(i).role == ROLE_DRIVER) {
    const line = mr(1);
    if (line <= PACKET_LINE_LAST) threadControl(globalId(line), globalId(line), NIL, from, UNCHANGED);
    setMr(0, tag(0, 0, 0));
    return true;
  }
  return false;
}

/** Deletes a program's threads, with them its space and mappings; then the pager may have its frames back. */
function deleteProgram(thread: u32): void {
  threadControl(thread, NIL, NIL, NIL, UNCHANGED);
  setMr(0, tag(PAGER_END, 1, 0));
  setMr(1, thread);
  callServing(roleThread(ROLE_PAGER));
  if (mr(1) != NIL) threadControl(mr(1), NIL, NIL, NIL, UNCHANGED);
}

/** A server's page fault: its image, or what its role entitles it to see at its own address. */
function answerFault(s: Server, address: u32): bool {
  const page = address & ~(PAGE - 1);
  let frame = page;
  let rights = ALL_RIGHTS;
  if (page >= s.first && page < s.end) frame = s.frames + page - s.first;
  else if (s.role == ROLE_PAGER) {
    const inPool = page - POOL_BASE < 1 << POOL_SHIFT;
    // Where modules and the boot loader's texts lie, before, between or behind the modules.
    if (!inPool && page >= modulesEnd) crashed(s, address);
    if (inPool) return mapWhole(POOL_BASE, POOL_SHIFT);
    rights = READ;
  } else if (s.role == ROLE_DRIVER && page - DRIVER_MEMORY < 1 << DRIVER_MEMORY_SHIFT) {
    return mapWhole(DRIVER_MEMORY, DRIVER_MEMORY_SHIFT);
  } else crashed(s, address);
  setMr(0, tag(0, 0, 2));
  setMapItem(1, page, fpage(frame, PAGE_SHIFT, rights));
  return true;
}

function mapWhole(base: u32, shift: u32): bool {
  setMr(0, tag(0, 0, 2));
  setMapItem(1, base, fpage(base, shift, ALL_RIGHTS));
  return true;
}
