// What the stubs and the port's AssemblyScript must agree on. Selectors and trap_info are Xen 3.0.0's (kernels/lib/xen).
//
// DS and ES hold the flat segment of ring 3 in the kernel too: on an IRET to ring 3 the processor would clear a segment
// register that only ring 1 may use.
export const KERNEL_CODE = 0xe019;
export const KERNEL_STACK = 0xe021;
export const USER_CODE = 0xe02b;
export const USER_DATA = 0xe033;

/** Where the port maps struct shared_info (fixmap.ts). */
export const SHARED_INFO = 0xfb800000;
export const HYPERCALL = 0x82;
export const HYPERVISOR_stack_switch = 3;
export const VECTORS = 20;
