// What the stubs and the kernel's AssemblyScript must agree on. Selectors are in the order that SYSENTER and SYSEXIT want
// (Intel SDM vol. 2): kernel code, kernel data, user code, user data.
export const KERNEL_BASE = 0xc0000000;
export const KERNEL_CODE = 0x08;
export const KERNEL_DATA = 0x10;
export const USER_CODE = 0x18 | 3;
export const USER_DATA = 0x20 | 3;

export const VECTORS = 64;

/** Where programs see the page of stubs/entrypage.ts (kernels/lib/userlayout.ts), and offsets in it. */
export const ENTRY_PAGE = 0xbffff000;
export const ENTRY_SYSENTER = 32;
export const ENTRY_LANDING = 64;
export const SYSENTER_LANDING = ENTRY_PAGE + ENTRY_LANDING;
