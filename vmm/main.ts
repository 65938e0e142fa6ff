// The VMM from its own boot to the first step of the first domain. (README.md has the reading order of the folder.)
//
// Boot modules: the first is domain 0's kernel, the second, if its text says `domU:`, the guest domain's; then programs.
// The text of each says whose it is (modules.ts); what follows is the kernel's command line, or a program's name and
// arguments. Options of the VMM itself: timer=on|off, entry=direct|bounced, dom0_mem=MiB,
// domU_mem=MiB (each 16).

import { componentCreateNamed, KIND_DOMAIN, KIND_IDLE } from '../kernels/lib/components';
import { consoleTo, newline, print, printNumber } from '../kernels/lib/console';
import { Elements, Structs } from '../kernels/lib/elements';
import { __image_end, __load_offset } from '../kernels/lib/linker';
import { MultibootInfo, multibootEnd } from '../kernels/lib/multiboot';
import { picInit, picUnmask } from '../kernels/lib/pic';
import { pitRate } from '../kernels/lib/pit';
import { option } from '../kernels/lib/text';
import { uartInit, uartPut } from '../kernels/lib/uart';
import { TrapInfo } from '../kernels/lib/xen/arch';
import {
  GRANT_REF_STORE,
  GrantEntry,
  GTF_permit_access,
  NR_GRANT_ENTRIES,
  NR_GRANT_FRAMES,
} from '../kernels/lib/xen/grants';
import { NR_EVENT_CHANNELS, SharedInfo } from '../kernels/lib/xen/sharedInfo';
import { buildDomain, setStorePort } from './builder';
import { noDirectGates } from './control';
import { Active, BLOCKED, Channel, Domain, Mapping, raiseSoftirq, setDomain, VCPU_TRAPS, Vcpu } from './domain';
import { connect } from './events';
import { frameInfo, getFrame, TYPE_WRITABLE } from './frame';
import { NR_MAPPINGS } from './grants';
import { allocatePages, heapInit, physicalOf } from './heap';
import { DOMAIN_MEMORY, directMap, HEAP_END, PAGE, PTE_A, PTE_D, PTE_P, PTE_RW } from './layout';
import { argumentsOf, belongsTo, moduleCount } from './modules';
import { memoryOption, optionsInit, wantsDirectGates, wantsTimer } from './options';
import { getType } from './pagetable';
import { domainWorks, panic } from './power';
import { FIRST_IRQ_VECTOR, int80Gate, perDomainTable, processorInit, taskState } from './processor';
import { schedulerInit, startWhenIdle, wake } from './scheduler';
import { spaceInit } from './space';
import { addressOf_bootInformation } from './stubs';
import './hypercalls';

export { componentCount, components } from '../kernels/lib/components';
// What the stubs call or read.
export { currentThread, softirqPending } from './domain';
export { eventChannelSlow } from './events';
export { runQueue, schedule } from './scheduler';
export { bounceRefused, emulate, interrupt, vmmFault } from './traps';

const HZ: u32 = 100;
const MEBIBYTE: u32 = 0x100000;
const MAX_PROGRAMS: u32 = 16;
/** Bytes of a Vcpu up to its traps, and of a Domain, at most. */
const STAGGER: u32 = 256;
staticAssert(offsetof<Vcpu>() <= STAGGER && offsetof<Domain>() <= STAGGER, 'neighbours must not overlap');
const programs = changetype<Elements<u32>>(memory.data(64, 4));

let nextFrame: u32 = DOMAIN_MEMORY / PAGE;
let frames: u32 = 0;

/** The heap begins behind all that the boot loader left. */
function endOfBootData(info: MultibootInfo): u32 {
  const end = multibootEnd(info, __image_end() - __load_offset(), <u32>directMap(0));
  if (end > HEAP_END) panic('a boot module lies above 12 MiB', end);
  return end;
}

/** `number`: so that those of different domains, which a switch touches together, share no cache set. */
function newVcpu(number: u32): Vcpu {
  const at = allocatePages(1) + (number + 1) * STAGGER;
  const v = changetype<Vcpu>(at);
  v.traps = changetype<Structs<TrapInfo>>(at + VCPU_TRAPS);
  v.state = BLOCKED;
  return v;
}

/** Pages for so many structures of this size. */
function rows(count: u32, size: usize): usize {
  return allocatePages((count * <u32>size) / PAGE);
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
  const shared = allocatePages(1);
  domain.sharedInfo = changetype<SharedInfo>(shared);
  domain.channels = changetype<Structs<Channel>>(rows(NR_EVENT_CHANNELS, offsetof<Channel>()));
  const grants = allocatePages(NR_GRANT_FRAMES);
  domain.grants = changetype<Structs<GrantEntry>>(grants);
  domain.active = changetype<Structs<Active>>(rows(NR_GRANT_ENTRIES, offsetof<Active>()));
  domain.mappings = changetype<Structs<Mapping>>(rows(NR_MAPPINGS, offsetof<Mapping>()));
  domain.perDomain = perDomainTable();
  domain.perDomainEntry = physicalOf(changetype<usize>(domain.perDomain)) | PTE_P | PTE_RW | PTE_A | PTE_D;
  domain.firstFrame = nextFrame;
  domain.frames = (mebibytes * MEBIBYTE) / PAGE;
  nextFrame += domain.frames;
  if (nextFrame > frames) panic('not enough memory for the domains', nextFrame);
  share(domain, shared, 1);
  share(domain, grants, NR_GRANT_FRAMES);
  v.domain = domain;
  v.info = domain.sharedInfo.vcpu;
  v.info.upcallMask = 1;
  setDomain(id, domain);
  componentCreateNamed(<u32>changetype<usize>(v), id + 1, KIND_DOMAIN, kernel + 1, name);

  let count: u32 = 0;
  for (let i: u32 = kernel + 1; i < moduleCount && count < MAX_PROGRAMS; i++) {
    if (i == 1 && hasGuest()) continue;
    if (belongsTo(i, id == 0 ? 'dom0:' : 'domU:')) programs[count++] = i;
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
  setStorePort(dom0, port);
  setStorePort(domU, port);
  const entry = domU.grants[GRANT_REF_STORE];
  entry.domid = <u16>dom0.id;
  entry.frame = domU.storeFrame;
  entry.flags = <u16>GTF_permit_access;
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
