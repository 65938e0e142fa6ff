// Domains and their virtual processor (one each). The first words of Vcpu are read and written by the entry stubs
// (stubs/offsets.ts has the same numbers); its registers lie on the VMM's stack while it is the one loaded.
import { NR_VIRQS } from '../kernels/lib/xen/numbers';

export const RUNNABLE: u32 = 0;
export const BLOCKED: u32 = 1;
export const STOPPED: u32 = 2;

@unmanaged
export class Vcpu {
  /** Its struct vcpu_info, in shared_info. */
  info: usize;
  kernelSp: u32;
  kernelSs: u32;
  /** 256 struct trap_info by vector. */
  traps: usize;
  /** Event callback in the form of a struct trap_info. */
  eventInfo: u32;
  eventEip: u32;
  failsafeInfo: u32;
  failsafeEip: u32;
  /** Its gate for int 80h, or a not-present one. */
  int80Low: u32;
  int80High: u32;
  cr3: u32;
  domain: Domain;
  state: u32;
  next: Vcpu;
  fsGs: u32;
  unused: u32;
}

export const VCPU_REGS: usize = 64;
const VCPU_VIRQS: usize = 160;
export const VCPU_TRAPS: usize = 1024;

@unmanaged
export class Domain {
  id: u32;
  privileged: u32;
  vcpu: Vcpu;
  sharedInfo: usize;
  /** Event channels (events.ts). */
  channels: usize;
  /** Grant entries that the domain shares with the VMM; what is mapped of them; its own mappings of others' (grants.ts). */
  grants: usize;
  active: usize;
  mappings: usize;
  /** Level-1 table of the per-domain area, and its page-directory entry. */
  perDomain: usize;
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
const domains = memory.data(8, 4);

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
  return changetype<Domain>(id < MAX_DOMAINS ? load<usize>(domains + (id << 2)) : 0);
}

export function setDomain(id: u32, domain: Domain): void {
  store<usize>(domains + (id << 2), changetype<usize>(domain));
}

/** Port that the virtual interrupt is bound to; 0: none. */
export function virqPort(v: Vcpu, virq: u32): u32 {
  return virq < NR_VIRQS ? load<u32>(changetype<usize>(v) + VCPU_VIRQS + (virq << 2)) : 0;
}

export function setVirqPort(v: Vcpu, virq: u32, port: u32): void {
  store<u32>(changetype<usize>(v) + VCPU_VIRQS + (virq << 2), port);
}
