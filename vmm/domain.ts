// Domains and their virtual processor (one each). A virtual processor's registers lie on the VMM's stack while it is the
// one loaded.
import { Descriptor } from '../kernels/lib/descriptors';
import { Elements, Structs } from '../kernels/lib/elements';
import { TrapInfo, UserRegs } from '../kernels/lib/xen/arch';
import { GrantEntry } from '../kernels/lib/xen/grants';
import { NR_VIRQS } from '../kernels/lib/xen/numbers';
import { SharedInfo, VcpuInfo } from '../kernels/lib/xen/sharedInfo';

export const RUNNABLE: u32 = 0;
export const BLOCKED: u32 = 1;
export const STOPPED: u32 = 2;

@unmanaged
export class Vcpu {
  /** In shared_info. */
  info: VcpuInfo;
  kernelSp: u32;
  kernelSs: u32;
  /** 256, by vector. */
  traps: Structs<TrapInfo>;
  /** The two callbacks, in the form of traps. */
  @embedded event: TrapInfo;
  @embedded failsafe: TrapInfo;
  /** Its gate for int 80h, or a not-present one. */
  @embedded int80: Descriptor;
  cr3: u32;
  domain: Domain;
  state: u32;
  next: Vcpu;
  fsGs: u32;
  private unused: u32;
  /** While another is loaded. On a cache line's border, apart from what every entry reads. */
  @embedded @offset(64) registers: UserRegs;
  /** Port that each virtual interrupt is bound to; 0: none. */
  @elements(7) virqPorts: Elements<u32>;
}
staticAssert(NR_VIRQS == 7, 'a port for each virtual interrupt');

/** Behind a Vcpu, in the same page. */
export const VCPU_TRAPS: u32 = 1024;

@unmanaged
@size(16)
export class Channel {
  /** EVTCHNSTAT_* (events.ts). */
  state: u32;
  /** Unbound: who may bind. Interdomain: the other domain. */
  remote: Domain;
  /** Interdomain: the other's port. Otherwise the number of the interrupt. */
  port: u32;
  private unused: u32;
}

/** What is mapped of one entry of the grant table (grants.ts). */
@unmanaged
@size(16)
export class Active {
  readers: u32;
  writers: u32;
  frame: u32;
  /** The domain that has it mapped. */
  mapper: u32;
}

/** A domain's mapping of another's frame; its number is the handle. */
@unmanaged
@size(8)
export class Mapping {
  /** 0: not in use; else 1 + the number of the grant entry. */
  entry: u32;
  granter: u16;
  readOnly: bool;
  private unused: u8;
}

@unmanaged
export class Domain {
  id: u32;
  privileged: u32;
  vcpu: Vcpu;
  sharedInfo: SharedInfo;
  /** By port. */
  channels: Structs<Channel>;
  /** Grant entries that the domain shares with the VMM; what is mapped of them; its own mappings of others'. */
  grants: Structs<GrantEntry>;
  active: Structs<Active>;
  mappings: Structs<Mapping>;
  /** Level-1 table of the per-domain area, and its page-directory entry. */
  perDomain: Elements<u32>;
  perDomainEntry: u32;
  /** Its memory is one piece. */
  firstFrame: u32;
  frames: u32;
  gdtFrames: u32;
  /** Physical interrupts bound to it, and those of them that wait for PHYSDEVOP_IRQ_UNMASK_NOTIFY. */
  irqs: u32;
  maskedIrqs: u32;
  /** It was given work: the machine stops when all such domains have. */
  works: u32;
  /** start_info, from the beginning of its memory. */
  startInfo: u32;
  /** The frame that stands in for XenStore (start_info.store_mfn). */
  storeFrame: u32;
}

const MAX_DOMAINS: u32 = 2;
const domains = changetype<Elements<usize>>(memory.data(8, 4));

/** The running virtual processor. */
export let currentThread: u32 = 0;
/** Not 0: the scheduler must run before a guest goes on. */
export let softirqPending: u32 = 0;

export function current(): Vcpu {
  return changetype<Vcpu>(<usize>currentThread);
}

export function currentDomain(): Domain {
  return current().domain;
}

export function setCurrent(v: Vcpu): void {
  currentThread = <u32>changetype<usize>(v);
}

export function raiseSoftirq(): void {
  softirqPending = 1;
}

export function clearSoftirq(): void {
  softirqPending = 0;
}

/** The domain, or null: compare its address with 0. */
export function domainById(id: u32): Domain {
  return changetype<Domain>(id < MAX_DOMAINS ? domains[id] : 0);
}

export function setDomain(id: u32, domain: Domain): void {
  domains[id] = changetype<usize>(domain);
}

/** Port that the virtual interrupt is bound to; 0: none. */
export function virqPort(v: Vcpu, virq: u32): u32 {
  return virq < NR_VIRQS ? v.virqPorts[virq] : 0;
}
