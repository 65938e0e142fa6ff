// What the servers here say to one another, by label (bits 31..16 of the tag).

/** To the root task: MR1.. nothing; the reply maps the I/O ports that the asker's role has. */
export const ROOT_PORTS: u32 = 0x100;
/** To the root task: make me the handler of the line in MR1. */
export const ROOT_INTERRUPT: u32 = 0x101;
/** To the root task: map me the device registers at physical address MR1; they appear at DEVICE_WINDOW. */
export const ROOT_DEVICE: u32 = 0x102;

/** To the root task, from the service server: the program in MR1 has ended; no answer. */
export const ROOT_EXIT: u32 = 0x103;

/** To the pager, from the root task: MR1 = seed, MR2 = service server, MR3 = driver server. */
export const PAGER_INIT: u32 = 0x110;
/**
 * To the pager, from the root task: start a program. MR1 = thread, MR2 and MR3 = start and end of its image (physical),
 * MR4 = its arguments' text (physical), MR5 = partner thread, MR6 = second thread in the same space or 0.
 */
export const PAGER_START: u32 = 0x111;

/** To the pager, from the root task: the program of thread MR1 is gone. The answer's MR1 = its second thread, or 0. */
export const PAGER_END: u32 = 0x112;

/** To the service server, from the root task: MR1 = how many programs will exit, MR2 = the pager. */
export const SERVICE_INIT: u32 = 0x120;
/** To the service server, from the pager: the program in MR1 was killed by exception MR2 at MR3, address MR4. */
export const SERVICE_KILLED: u32 = 0x121;

/** To the driver server, from a program: map me the transmit buffer (16 frames of 2048 bytes). */
export const DRIVER_ATTACH: u32 = 1;

// Physical layout of user memory: what is linked or placed at fixed addresses. All of it is mapped address = frame.
export const SERVERS_BASE: u32 = 0x01a00000;
/** For one server: image and bss. */
export const SERVER_BYTES: u32 = 0x00080000;
export const DRIVER_MEMORY: u32 = 0x01f00000;
export const DRIVER_MEMORY_SHIFT: u32 = 16;
export const POOL_BASE: u32 = 0x02000000;
export const POOL_SHIFT: u32 = 22;
/** Device registers lie at or above this physical address, and are seen here, 128 KiB of them. */
export const DEVICES: u32 = 0x80000000;
export const DEVICE_WINDOW: u32 = 0xa0000000;
export const DEVICE_SHIFT: u32 = 17;
