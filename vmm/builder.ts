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
import { elfEntry, elfSegment, elfSegmentCount, elfValid, SEGMENT_LOAD } from '../kernels/lib/elf';
import { MultibootModule } from '../kernels/lib/multiboot';
import { textLength } from '../kernels/lib/text';
import { repStosb } from '../kernels/lib/x86';
import {
  FLAT_RING1_CS,
  FLAT_RING1_DS,
  REGS_cs,
  REGS_ds,
  REGS_eflags,
  REGS_eip,
  REGS_es,
  REGS_esi,
  REGS_esp,
  REGS_ss,
} from '../kernels/lib/xen/arch';
import * as S from '../kernels/lib/xen/sharedInfo';
import { Domain, VCPU_REGS } from './domain';
import { frameInfo, getFrame, TYPE_L2 } from './frame';
import { physicalOf } from './heap';
import { directMap, MACHINE_TO_PHYS, PAGE, PTE_A, PTE_D, PTE_P, PTE_RW, PTE_US, VIRT_START } from './layout';
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

/** `list`: indices of the boot modules that are its programs, one a word. */
function putPrograms(list: usize, count: u32): u32 {
  const table = nextPage();
  putWord(table, count);
  for (let i: u32 = 0; i < count; i++) {
    const index = load<u32>(list + (i << 2));
    const module = moduleAt(index);
    const length = module.end - module.start;
    const name = nameLength(index);
    const rest = textLength(argumentsOf(index)) + 1;
    put(place, seen(module.start), length);
    put(place + length, moduleText(index), name);
    put(place + length + name, argumentsOf(index), rest);
    const record = table + 4 + i * 16;
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
  for (let i: u32 = 0; i < 1024; i++) {
    const pfn = first + i;
    const writable = pfn < tables || pfn >= tablesEnd ? bits : bits & ~PTE_RW;
    store<u32>(window + (i << 2), pfn < target.frames ? ((target.firstFrame + pfn) << shift) | writable : 0);
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
export function buildDomain(domain: Domain, kernel: u32, list: usize, count: u32): void {
  const owner = <u32>changetype<usize>(domain);
  const commandLine = argumentsOf(kernel);
  target = domain;
  place = 0;
  for (let i: u32 = 0; i < domain.frames; i++) {
    const frame = domain.firstFrame + i;
    frameInfo(frame).owner = owner;
    frameInfo(frame).references = 1;
    store<u32>(MACHINE_TO_PHYS + (frame << 2), i);
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

  putWord(start, 0x2d6e6578); // "xen-3.0"
  putWord(start + 4, 0x00302e33);
  putWord(start + <u32>S.START_nr_pages, domain.frames);
  putWord(start + <u32>S.START_shared_info, physicalOf(domain.sharedInfo));
  putWord(start + <u32>S.START_flags, domain.privileged != 0 ? S.SIF_PRIVILEGED | S.SIF_INITDOMAIN : 0);
  putWord(start + <u32>S.START_store_mfn, domain.firstFrame + (storePage >> 12));
  putWord(start + <u32>S.START_pt_base, GUEST_BASE + directory);
  putWord(start + <u32>S.START_nr_pt_frames, tables);
  putWord(start + <u32>S.START_mfn_list, GUEST_BASE + mfnList);
  putWord(start + <u32>S.START_mod_start, GUEST_BASE + programs);
  putWord(start + <u32>S.START_mod_len, programsEnd - programs);
  put(start + <u32>S.START_cmd_line, commandLine, min(textLength(commandLine) + 1, <u32>S.MAX_GUEST_CMDLINE - 1));
  domain.startInfo = start;
  domain.storeFrame = domain.firstFrame + (storePage >> 12);

  const directoryFrame = domain.firstFrame + (directory >> 12);
  if (pin(directoryFrame, TYPE_L2, owner) != 0) panic('page tables of a new domain', directoryFrame);
  // And a use of it, as the directory that is loaded.
  if (!getFrame(directoryFrame, owner) || !getType(directoryFrame, TYPE_L2)) panic('page directory', directoryFrame);
  const v = domain.vcpu;
  v.cr3 = directoryFrame << 12;
  const regs = changetype<usize>(v) + VCPU_REGS;
  store<u32>(regs, entry, REGS_eip);
  store<u32>(regs, FLAT_RING1_CS, REGS_cs);
  store<u32>(regs, EFLAGS_IF | 2, REGS_eflags);
  store<u32>(regs, GUEST_BASE + stack + PAGE, REGS_esp);
  store<u32>(regs, FLAT_RING1_DS, REGS_ss);
  store<u32>(regs, FLAT_RING1_DS, REGS_ds);
  store<u32>(regs, FLAT_RING1_DS, REGS_es);
  store<u32>(regs, GUEST_BASE + start, REGS_esi);
}

/** Writes a word of a built domain's start_info. */
export function setStartInfo(domain: Domain, field: usize, value: u32): void {
  target = domain;
  putWord(domain.startInfo + <u32>field, value);
}
