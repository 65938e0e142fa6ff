// Numbers that the stubs share with compiled code. A test holds the twins against each other.
export const SELECTOR = { vmmCode: 0xe008, vmmData: 0xe010 } as const;
export const VIRT_START = 0xfc000000;
/** base - load of the image: where the first 12 MiB of memory are seen. */
export const DIRECT_MAP = 0xff000000;
export const EFAULT = 14;
/** States of a Vcpu (domain.ts). */
export const RUNNABLE = 0;
export const BLOCKED = 1;
