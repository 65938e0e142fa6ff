// The VMM from its own boot to the first step of the first domain. Reading order of the folder: layout, domain, frame,
// pagetable, mmu; stubs/entry, traps, control, segments; events, stubs/send, scheduler; grants; space, processor,
// builder, this file.
//
// Boot modules: the first is domain 0's kernel, the second, if its text says `domU:`, the guest domain's; then programs.
// The text of each says whose it is (modules.ts); what follows is the kernel's command line, or a program's name and
// arguments. Options of the VMM itself: timer=on|off, entry=direct|bounced, dom0_mem=MiB,
// domU_mem=MiB (each 16).

import { componentCreateNamed, KIND_DOMAIN, KIND_IDLE } from '../kernels/lib/components';
import { consoleTo, newline, print, printNumber } from '../kernels/lib/console';
import { __image_end, __load_offset } from '../kernels/lib/linker';
import { MultibootInfo, MultibootModule } from '../kernels/lib/multiboot';
import { picInit, picUnmask } from '../kernels/lib/pic';
import { pitRate } from '../kernels/lib/pit';
import { option } from '../kernels/lib/text';
import { uartInit, uartPut } from '../kernels/lib/uart';
import {
  GRANT_domid,
  GRANT_ENTRY_BYTES,
  GRANT_flags,
  GRANT_frame,
  GRANT_REF_STORE,
  GTF_permit_access,
  NR_GRANT_FRAMES,
} from '../kernels/lib/xen/grants';
import { NR_EVENT_CHANNELS, START_store_evtchn, VCPU_upcall_mask } from '../kernels/lib/xen/sharedInfo';
import { buildDomain, setStartInfo } from './builder';
import { noDirectGates } from './control';
import { BLOCKED, Domain, raiseSoftirq, setDomain, VCPU_TRAPS, Vcpu } from './domain';
import { CHANNEL_BYTES, connect } from './events';
import { frameInfo, getFrame, TYPE_WRITABLE } from './frame';
import { ACTIVE_BYTES, MAPPING_BYTES, NR_MAPPINGS } from './grants';
import { allocatePages, heapInit, physicalOf } from './heap';
import { DOMAIN_MEMORY, directMap, HEAP_END, PAGE, PTE_A, PTE_D, PTE_P, PTE_RW } from './layout';
import { argumentsOf, belongsTo, moduleAt, moduleCount } from './modules';
import { memoryOption, optionsInit, wantsDirectGates, wantsTimer } from './options';
import { getType } from './pagetable';
import { domainWorks, panic } from './power';
import { FIRST_IRQ_VECTOR, int80Gate, perDomainTable, processorInit, taskState } from './processor';
import { schedulerInit, startWhenIdle, wake } from './scheduler';
import { spaceInit } from './space';
import { addressOf_bootInformation } from './stubs';

export { componentCount, components } from '../kernels/lib/components';
// What the stubs call or read: hypercall handlers (in the order of stubs/entry.ts), traps, the scheduler, current state.
export {
  consoleIo,
  fpuTaskswitch,
  memoryOp,
  notImplemented,
  physdevOp,
  setCallbacks,
  setTrapTable,
  xenVersion,
} from './control';
export { setGdt, updateDescriptor } from './descriptors';
export { currentThread, softirqPending } from './domain';
export { eventChannelSlow } from './events';
export { grantTableOp } from './grants';
export { mmuextOp, mmuUpdate, updateVaMapping } from './mmu';
export { multicall } from './multicall';
export { runQueue, schedOp, schedule, stackSwitch } from './scheduler';
export { bounceRefused, emulate, interrupt, vmmFault } from './traps';

const HZ: u32 = 100;
const MEBIBYTE: u32 = 0x100000;
const MAX_PROGRAMS: u32 = 16;
/** Bytes of a Vcpu up to its traps, and of a Domain, at most. */
const STAGGER: u32 = 256;
const programs = memory.data(64, 4);

let nextFrame: u32 = DOMAIN_MEMORY / PAGE;
let frames: u32 = 0;

/** The heap begins behind all that the boot loader left: image, modules, their texts. */
function endOfBootData(info: MultibootInfo): u32 {
  let end = __image_end() - __load_offset();
  for (let i: u32 = 0; i < moduleCount; i++) {
    end = max(end, moduleAt(i).end);
    if (moduleAt(i).end > HEAP_END) panic('a boot module lies above 12 MiB', moduleAt(i).end);
  }
  return max(end, info.modules + moduleCount * <u32>offsetof<MultibootModule>());
}

/** `number`: so that those of different domains, which a switch touches together, share no cache set. */
function newVcpu(number: u32): Vcpu {
  const at = allocatePages(1) + (number + 1) * STAGGER;
  const v = changetype<Vcpu>(at);
  v.traps = at + VCPU_TRAPS;
  v.state = BLOCKED;
  return v;
}

/** A page of the heap that the domain may map, writable. */
function share(domain: Domain, page: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const frame = (physicalOf(page) >> 12) + i;
    frameInfo(frame).owner = <u32>changetype<usize>(domain);
    if (!getFrame(frame, frameInfo(frame).owner) || !getType(frame, TYPE_WRITABLE)) panic('shared page', frame);
  }
}

function newDomain(id: u32, name: string, mebibytes: u32, kernel: u32): Domain {
  const domain = changetype<Domain>(allocatePages(1) + (id + 4) * STAGGER);
  const v = newVcpu(id);
  domain.id = id;
  domain.privileged = id == 0 ? 1 : 0;
  domain.vcpu = v;
  domain.sharedInfo = allocatePages(1);
  domain.channels = allocatePages((NR_EVENT_CHANNELS * CHANNEL_BYTES) / PAGE);
  domain.grants = allocatePages(NR_GRANT_FRAMES);
  domain.active = allocatePages((NR_GRANT_FRAMES * (PAGE / 8) * ACTIVE_BYTES) / PAGE);
  domain.mappings = allocatePages((NR_MAPPINGS * MAPPING_BYTES) / PAGE);
  domain.perDomain = perDomainTable();
  domain.perDomainEntry = physicalOf(domain.perDomain) | PTE_P | PTE_RW | PTE_A | PTE_D;
  domain.firstFrame = nextFrame;
  domain.frames = (mebibytes * MEBIBYTE) / PAGE;
  nextFrame += domain.frames;
  if (nextFrame > frames) panic('not enough memory for the domains', nextFrame);
  share(domain, domain.sharedInfo, 1);
  share(domain, domain.grants, NR_GRANT_FRAMES);
  v.domain = domain;
  v.info = domain.sharedInfo;
  store<u8>(v.info, 1, VCPU_upcall_mask);
  setDomain(id, domain);
  componentCreateNamed(<u32>changetype<usize>(v), id + 1, KIND_DOMAIN, kernel + 1, name);

  let count: u32 = 0;
  for (let i: u32 = kernel + 1; i < moduleCount && count < MAX_PROGRAMS; i++) {
    if (i == 1 && hasGuest()) continue;
    if (belongsTo(i, id == 0 ? 'dom0:' : 'domU:')) store<u32>(programs + (count++ << 2), i);
  }
  domain.works = count != 0 || option(argumentsOf(kernel), 'bench') != 0 ? 1 : 0;
  if (domain.works != 0) domainWorks();
  buildDomain(domain, kernel, programs, count);
  return domain;
}

function hasGuest(): bool {
  return moduleCount > 1 && belongsTo(1, 'domU:');
}

/** What XenStore would do: an event channel between the two, and the guest's store page granted to domain 0. */
function introduce(dom0: Domain, domU: Domain): void {
  const port = connect(dom0, domU);
  setStartInfo(dom0, START_store_evtchn, port);
  setStartInfo(domU, START_store_evtchn, port);
  const entry = domU.grants + GRANT_REF_STORE * GRANT_ENTRY_BYTES;
  store<u16>(entry, <u16>dom0.id, GRANT_domid);
  store<u32>(entry, domU.storeFrame, GRANT_frame);
  store<u16>(entry, <u16>GTF_permit_access, GRANT_flags);
}

export function vmmMain(): void {
  uartInit();
  consoleTo(uartPut.index);
  const info = changetype<MultibootInfo>(directMap(load<u32>(addressOf_bootInformation())));
  optionsInit(info);
  heapInit(endOfBootData(info));
  frames = ((info.memoryUpper << 10) + MEBIBYTE) / PAGE;
  const perDomain = perDomainTable();
  spaceInit(frames, perDomain);
  processorInit();
  const idle = newVcpu(2);
  componentCreateNamed(<u32>changetype<usize>(idle), 0, KIND_IDLE, 0, 'idle');
  schedulerInit(idle, taskState, int80Gate());
  picInit(FIRST_IRQ_VECTOR);

  if (!wantsDirectGates()) noDirectGates();
  const timer = wantsTimer();
  const mebibytes0 = memoryOption('dom0_mem');
  const mebibytesU = memoryOption('domU_mem');
  const dom0 = newDomain(0, 'dom0', mebibytes0, 0);
  print('vmm: dom0 ');
  printNumber(dom0.frames >> 8);
  if (hasGuest()) {
    const domU = newDomain(1, 'domU', mebibytesU, 1);
    introduce(dom0, domU);
    print(' MiB, domU ');
    printNumber(domU.frames >> 8);
    startWhenIdle(domU.vcpu);
  }
  print(' MiB');
  newline();
  wake(dom0.vcpu, false);
  if (timer) {
    pitRate(HZ);
    picUnmask(0);
  }
  raiseSoftirq();
}
