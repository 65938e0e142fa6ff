// struct shared_info, struct vcpu_info and struct start_info of Xen 3.0.0 (public/xen.h, 32 bits).
import { Elements } from '../elements';
import { Locked } from '../locked';

/** struct vcpu_info; shared_info starts with 32 of them. The guest and the VMM both write here. */
@unmanaged
@size(64)
export class VcpuInfo {
  upcallPending: u8;
  upcallMask: u8;
  /** A bit for each word of evtchnPending. */
  @embedded @offset(4) pendingSelector: Locked;
  /** struct arch_vcpu_info. */
  @offset(8) cr2: u32;
  @elements(5) private archPad: Elements<u32>;
  /** struct vcpu_time_info: the version is odd while the rest is written. */
  @volatile @offset(32) timeVersion: u32;
  private timePad: u32;
  @offset(40) tscTimestamp: u64;
  @offset(48) systemTime: u64;
  @offset(56) tscToSystemMul: u32;
  @offset(60) tscShift: u8;
  private pad0: u8;
  private pad1: u16;
}

export const NR_EVENT_CHANNELS: u32 = 1024;

/** struct shared_info, up to what is used; a bit for each port. */
@unmanaged
export class SharedInfo {
  @embedded vcpu: VcpuInfo;
  @elements(496) private otherVcpus: Elements<u32>;
  @elements(32) @offset(2048) evtchnPending: Elements<u32>;
  @elements(32) @offset(2176) evtchnMask: Elements<u32>;
}

/** struct start_info. The new domain finds its linear address in ESI. */
@unmanaged
export class StartInfo {
  /** "xen-3.0" and zeros. */
  magic0: u32;
  magic1: u32;
  @elements(6) private magic: Elements<u32>;
  @offset(32) nrPages: u32;
  sharedInfo: u32;
  flags: u32;
  storeMfn: u32;
  storeEvtchn: u32;
  consoleMfn: u32;
  consoleEvtchn: u32;
  @offset(60) ptBase: u32;
  nrPtFrames: u32;
  mfnList: u32;
  modStart: u32;
  modLen: u32;
  /** MAX_GUEST_CMDLINE bytes, with the 0 at the end. */
  @offset(80) cmdLine: u8;
}
export const MAX_GUEST_CMDLINE: u32 = 1024;

export const SIF_PRIVILEGED: u32 = 1;
export const SIF_INITDOMAIN: u32 = 2;
