// struct shared_info, struct vcpu_info and struct start_info of Xen 3.0.0 (public/xen.h, 32 bits): byte offsets.

// struct vcpu_info, 64 bytes each, at the start of shared_info (32 of them).
export const VCPU_upcall_pending: usize = 0;
export const VCPU_upcall_mask: usize = 1;
export const VCPU_pending_sel: usize = 4;
export const VCPU_arch_cr2: usize = 8;
export const VCPU_time_version: usize = 32;
export const VCPU_time_tsc: usize = 40;
export const VCPU_time_system: usize = 48;
export const VCPU_time_mul: usize = 56;
export const VCPU_time_shift: usize = 60;

export const NR_EVENT_CHANNELS: u32 = 1024;
export const SHARED_evtchn_pending: usize = 2048;
export const SHARED_evtchn_mask: usize = 2176;
export const SHARED_arch_max_pfn: usize = 2316;

// struct start_info. The new domain finds its linear address in ESI.
export const START_magic: usize = 0;
export const START_nr_pages: usize = 32;
export const START_shared_info: usize = 36;
export const START_flags: usize = 40;
export const START_store_mfn: usize = 44;
export const START_store_evtchn: usize = 48;
export const START_console_mfn: usize = 52;
export const START_console_evtchn: usize = 56;
export const START_pt_base: usize = 60;
export const START_nr_pt_frames: usize = 64;
export const START_mfn_list: usize = 68;
export const START_mod_start: usize = 72;
export const START_mod_len: usize = 76;
export const START_cmd_line: usize = 80;
export const MAX_GUEST_CMDLINE: usize = 1024;

export const SIF_PRIVILEGED: u32 = 1;
export const SIF_INITDOMAIN: u32 = 2;
