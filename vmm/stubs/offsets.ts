// Numbers that the stubs share with compiled code: struct cpu_user_regs (kernels/lib/xen/arch.ts), struct trap_info and
// struct vcpu_info of Xen 3.0.0, and the first words of Vcpu and Domain (vmm/domain.ts) and Channel (vmm/events.ts). A test holds the twins against each other.
export const REGS = {
  ebx: 0,
  ecx: 4,
  edx: 8,
  esi: 12,
  edi: 16,
  ebp: 20,
  eax: 24,
  errorCode: 28,
  entryVector: 30,
  eip: 32,
  cs: 36,
  eflags: 40,
  esp: 44,
  ss: 48,
  es: 52,
  ds: 56,
  fs: 60,
  gs: 64,
  bytes: 68,
} as const;

export const TRAP = { flags: 1, cs: 2, address: 4, bytes: 8 } as const;

export const INFO = { upcallPending: 0, upcallMask: 1, pendingSelector: 4, cr2: 8 } as const;

export const SHARED = { pending: 2048, mask: 2176 } as const;

export const VCPU = {
  info: 0,
  kernelSp: 4,
  kernelSs: 8,
  traps: 12,
  eventInfo: 16,
  eventEip: 20,
  domain: 44,
  state: 48,
  next: 52,
} as const;
export const STATE = { runnable: 0, blocked: 1 } as const;

export const DOMAIN = { vcpu: 8, sharedInfo: 12, channels: 16 } as const;
export const CHANNEL = { state: 0, remote: 4, port: 8 } as const;

export const SELECTOR = { vmmCode: 0xe008, vmmData: 0xe010 } as const;
export const VIRT_START = 0xfc000000;
/** base - load of the image: where the first 12 MiB of memory are seen. */
export const DIRECT_MAP = 0xff000000;
export const EFAULT = 14;
