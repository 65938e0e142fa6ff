// The domain builder: memory, a guest kernel, its programs, page tables that pass the same validation as any others, and
// the first registers. What the new domain finds, from its linear address GUEST_BASE on, is its memory in order:
//
//   kernel image (at its ELF addresses) | programs | mfn list | start_info | store | stack | page directory, page tables
//
// All of it is mapped, supervisor, writable but for the page tables. ESI = start_info, ESP = the end of the stack page.
// start_info.mod_start leads to the programs in the form boot loaders use (our own convention; Xen hands over one opaque
// module): a count, then struct multiboot_module { start, end, text, reserved }, all linear addresses, reserved = the
// index among the machine's boot modules.
import { copyBytes } from '../kernels/lib/bytes';
import { Elements } from '../kernels/lib/elements';
import { elfEntry, elfSegment, elfSegmentCount, elfValid, SEGMENT_LOAD } from '../kernels/lib/elf';
import { MultibootModule } from '../kernels/lib/multiboot';
import { textLength } from '../kernels/lib/text';
import { repStosb } from '../kernels/lib/x86';
import { FLAT_RING1_CS, FLAT_RING1_DS } from '../kernels/lib/xen/arch';
import { MAX_GUEST_CMDLINE, SIF_INITDOMAIN, SIF_PRIVILEGED, StartInfo } from '../kernels/lib/xen/sharedInfo';
import { Domain } from './domain';
import { frameInfo, getFrame, TYPE_L2 } from './frame';
import { physicalOf } from './heap';
import { directMap, machineToPhys, PAGE, PTE_A, PTE_D, PTE_P, PTE_RW, PTE_US, VIRT_START } from './layout';
import { mapFrame, unmapFrame } from './mapcache';
import { argumentsOf, moduleAt, moduleText, nameLength } from './modules';
import { getType, pin } from './pagetable';
import { panic } from './power';

export const GUEST_BASE: u32 = 0xc0000000;
const EFLAGS_IF: u32 = 0x200;

let target: Domain = changetype<Domain>(0);
/** The next free byte of the domain, counted from GUEST_BASE. */
let place: u32 = 0;

function pages(bytes: u32): u32 {
  return (bytes + PAGE - 1) >> 12;
}

/** Copies into the domain's memory, from anywhere in the VMM's. */
function put(offset: u32, from: usize, bytes: u32): void {
  while (bytes != 0) {
    const window = mapFrame(target.firstFrame + (offset >> 12));
    const part = min(bytes, PAGE - (offset & (PAGE - 1)));
    copyBytes(window + (offset & (PAGE - 1)), from, part);
    unmapFrame(window);
    offset += part;
    from += part;
    bytes -= part;
  }
}

function putWord(offset: u32, value: u32): void {
  const window = mapFrame(target.firstFrame + (offset >> 12));
  store<u32>(window + (offset & (PAGE - 1)), value);
  unmapFrame(window);
}

function clear(offset: u32, bytes: u32): void {
  while (bytes != 0) {
    const window = mapFrame(target.firstFrame + (offset >> 12));
    const part = min(bytes, PAGE - (offset & (PAGE - 1)));
    repStosb(window + (offset & (PAGE - 1)), 0, part);
    unmapFrame(window);
    offset += part;
    bytes -= part;
  }
}

function nextPage(): u32 {
  const at = place;
  place += PAGE;
  return at;
}

/** Where a boot module's bytes, or its text, are seen. */
function seen(physical: u32): usize {
  return directMap(physical);
}

/** The kernel's segments; returns its entry. */
function putKernel(module: MultibootModule): u32 {
  const image = seen(module.start);
  const length = module.end - module.start;
  if (!elfValid(image, length, VIRT_START)) panic('guest kernel is no ELF image for this machine', module.start);
  for (let i: u32 = 0; i < elfSegmentCount(image); i++) {
    const segment = elfSegment(image, i);
    if (segment.type != SEGMENT_LOAD) continue;
    const offset = segment.linear - GUEST_BASE;
    if (segment.linear < GUEST_BASE || pages(offset + segment.memorySize) > target.frames)
      panic('guest kernel does not fit', segment.linear);
    put(offset, image + segment.offset, segment.fileSize);
    clear(offset + segment.fileSize, segment.memorySize - segment.fileSize);
    place = max(place, pages(offset + segment.memorySize) << 12);
  }
  return elfEntry(image);
}

/** `list`: indices of the boot modules that are its programs. */
function putPrograms(list: Elements<u32>, count: u32): u32 {
  const table = nextPage();
  putWord(table, count);
  for (let i: u32 = 0; i < count; i++) {
    const index = list[i];
    const module = moduleAt(index);
    const length = module.end - module.start;
    const name = nameLength(index);
    const rest = textLength(argumentsOf(index)) + 1;
    put(place, seen(module.start), length);
    put(place + length, moduleText(index), name);
    put(place + length + name, argumentsOf(index), rest);
    const record = table + 4 + i * offsetof<MultibootModule>();
    putWord(record, GUEST_BASE + place);
    putWord(record + 4, GUEST_BASE + place + length);
    putWord(record + 8, GUEST_BASE + place + length);
    putWord(record + 12, index);
    place += pages(length + name + rest) << 12;
  }
  return table;
}

/** Fills a page with one word for each of the domain's frames from `first` on. */
function putFrames(at: u32, first: u32, bits: u32, shift: u32, tables: u32, tablesEnd: u32): void {
  const window = mapFrame(target.firstFrame + (at >> 12));
  const words = changetype<Elements<u32>>(window);
  for (let i: u32 = 0; i < 1024; i++) {
    const pfn = first + i;
    const writable = pfn < tables || pfn >= tablesEnd ? bits : bits & ~PTE_RW;
    words[i] = pfn < target.frames ? ((target.firstFrame + pfn) << shift) | writable : 0;
  }
  unmapFrame(window);
}

function putMfnList(): u32 {
  const list = place;
  for (let pfn: u32 = 0; pfn < target.frames; pfn += 1024) putFrames(nextPage(), pfn, 0, 0, 0, 0);
  return list;
}

/** Page tables over all of the domain's memory, from `directory` on; they themselves are mapped read-only. */
function putPageTables(directory: u32): u32 {
  const tables = (target.frames + 1023) >> 10;
  const first = directory >> 12;
  place = directory;
  clear(nextPage(), PAGE);
  for (let i: u32 = 0; i < tables; i++) {
    putFrames(nextPage(), i << 10, PTE_P | PTE_RW | PTE_A | PTE_D, 12, first, first + 1 + tables);
    const frame = target.firstFrame + first + 1 + i;
    putWord(directory + (((GUEST_BASE >> 22) + i) << 2), (frame << 12) | PTE_P | PTE_RW | PTE_US | PTE_A);
  }
  return 1 + tables;
}

/** Fills the memory of `domain` (frames owned, nothing else done) and its first registers. */
export function buildDomain(domain: Domain, kernel: u32, list: Elements<u32>, count: u32): void {
  const owner = <u32>changetype<usize>(domain);
  const commandLine = argumentsOf(kernel);
  target = domain;
  place = 0;
  for (let i: u32 = 0; i < domain.frames; i++) {
    const frame = domain.firstFrame + i;
    frameInfo(frame).owner = owner;
    frameInfo(frame).references = 1;
    machineToPhys(frame, i);
  }
  const entry = putKernel(moduleAt(kernel));
  const programs = putPrograms(list, count);
  const programsEnd = place;
  const mfnList = putMfnList();
  const start = nextPage();
  clear(start, PAGE);
  const storePage = nextPage();
  clear(storePage, PAGE);
  const stack = nextPage();
  const directory = place;
  const tables = putPageTables(directory);
  if (place >> 12 > domain.frames) panic('domain memory is too small', place);

  domain.startInfo = start;
  domain.storeFrame = domain.firstFrame + (storePage >> 12);
  const window = mapFrame(domain.firstFrame + (start >> 12));
  const info = changetype<StartInfo>(window);
  info.magic0 = 0x2d6e6578; // "xen-3.0"
  info.magic1 = 0x00302e33;
  info.nrPages = domain.frames;
  info.sharedInfo = physicalOf(changetype<usize>(domain.sharedInfo));
  info.flags = domain.privileged != 0 ? SIF_PRIVILEGED | SIF_INITDOMAIN : 0;
  info.storeMfn = domain.storeFrame;
  info.ptBase = GUEST_BASE + directory;
  info.nrPtFrames = tables;
  info.mfnList = GUEST_BASE + mfnList;
  info.modStart = GUEST_BASE + programs;
  info.modLen = programsEnd - programs;
  copyBytes(
    window + offsetof<StartInfo>('cmdLine'),
    commandLine,
    min(textLength(commandLine) + 1, MAX_GUEST_CMDLINE - 1),
  );
  unmapFrame(window);

  const directoryFrame = domain.firstFrame + (directory >> 12);
  if (pin(directoryFrame, TYPE_L2, owner) != 0) panic('page tables of a new domain', directoryFrame);
  // And a use of it, as the directory that is loaded.
  if (!getFrame(directoryFrame, owner) || !getType(directoryFrame, TYPE_L2)) panic('page directory', directoryFrame);
  const v = domain.vcpu;
  v.cr3 = directoryFrame << 12;
  const registers = v.registers;
  registers.eip = entry;
  registers.cs = FLAT_RING1_CS;
  registers.eflags = EFLAGS_IF | 2;
  registers.esp = GUEST_BASE + stack + PAGE;
  registers.ss = FLAT_RING1_DS;
  registers.ds = FLAT_RING1_DS;
  registers.es = FLAT_RING1_DS;
  registers.esi = GUEST_BASE + start;
}

/** Tells a built domain the port of its event channel to what stands in for XenStore. */
export function setStorePort(domain: Domain, port: u32): void {
  target = domain;
  putWord(domain.startInfo + offsetof<StartInfo>('storeEvtchn'), port);
}
