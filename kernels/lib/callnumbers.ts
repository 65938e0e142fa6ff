// Numbers of the system calls: Linux's for the 386 where there is such a call, from 500 on our own (docs/contracts.md).
export const CALL_EXIT: u32 = 1;
export const CALL_READ: u32 = 3;
export const CALL_WRITE: u32 = 4;
export const CALL_GETPID: u32 = 20;
export const CALL_PIPE: u32 = 42;
export const CALL_GETPPID: u32 = 64;
export const CALL_MUNMAP: u32 = 91;
export const CALL_WRITEV: u32 = 146;
export const CALL_SCHED_YIELD: u32 = 158;
export const CALL_MMAP2: u32 = 192;
export const CALL_ASK: u32 = 500;
export const CALL_ANSWER: u32 = 501;
export const CALL_WRITE_PROTECT: u32 = 503;
export const CALL_CATCH_FAULT: u32 = 504;

/** In the length of an answer: do not wait for another request. */
export const ANSWER_LAST: u32 = 0x80000000;

/** File descriptors that are open at the start. */
export const FD_CONSOLE: u32 = 1;
export const FD_CHANNEL_READ: u32 = 3;
export const FD_CHANNEL_WRITE: u32 = 4;
export const FD_PACKET: u32 = 5;

/** Entries of the auxiliary vector. */
export const AT_NULL: u32 = 0;
export const AT_PAGESZ: u32 = 6;
export const AT_SYSINFO: u32 = 32;
/** 0: ask and answer are write and read on the channel's descriptors; 1: calls 500 and 501. */
export const AT_SERVICE: u32 = 0x1000;

/** Errors, returned negative. */
export const EBADF: i32 = 9;
export const ENOMEM: i32 = 12;
export const EFAULT: i32 = 14;
export const EINVAL: i32 = 22;
export const EMFILE: i32 = 24;
export const EPIPE: i32 = 32;
export const ENOSYS: i32 = 38;
