// The system-call table: entry n is the handler of call n (numbers in kernels/lib/callnumbers.ts). Every port's entry code
// calls through it: EBX, ECX, EDX of the program arrive as the handler's three arguments; handlers that want more look at
// the frame.
import { defineStubs, sym } from '../../../toolchain/assembler/index.js';

/** Entries; a call's number must be below. */
export const SYSCALLS = 512;

const handlers: Readonly<Record<number, string>> = {
  1: 'sysExit',
  2: 'sysFork',
  3: 'sysRead',
  4: 'sysWrite',
  5: 'sysOpen',
  6: 'sysClose',
  7: 'sysWaitpid',
  8: 'sysCreat',
  9: 'sysLink',
  10: 'sysUnlink',
  11: 'sysExecve',
  12: 'sysChdir',
  13: 'sysTime',
  14: 'sysMknod',
  15: 'sysChmod',
  16: 'sysChown', // lchown of 16-bit ids
  19: 'sysLseek',
  20: 'sysGetpid',
  23: 'sysSetuid',
  24: 'sysGetuid',
  27: 'sysAlarm',
  29: 'sysPause',
  30: 'sysUtime',
  33: 'sysAccess',
  34: 'sysNice',
  36: 'sysSync',
  37: 'sysKill',
  38: 'sysRename',
  39: 'sysMkdir',
  40: 'sysRmdir',
  41: 'sysDup',
  42: 'sysPipe',
  43: 'sysTimes',
  45: 'sysBrk',
  46: 'sysSetuid', // setgid
  47: 'sysGetuid', // getgid
  48: 'sysSignal',
  49: 'sysGetuid', // geteuid
  50: 'sysGetuid', // getegid
  54: 'sysIoctl',
  55: 'sysFcntl',
  57: 'sysSetpgid',
  60: 'sysUmask',
  63: 'sysDup2',
  64: 'sysGetppid',
  65: 'sysGetpgrp',
  66: 'sysSetsid',
  67: 'sysSigaction',
  72: 'sysSigsuspend',
  73: 'sysSigpending',
  78: 'sysGettimeofday',
  82: 'sysOldSelect',
  83: 'sysSymlink',
  85: 'sysReadlink',
  90: 'sysOldMmap',
  91: 'sysMunmap',
  92: 'sysTruncate',
  93: 'sysFtruncate',
  94: 'sysFchmod',
  95: 'sysFchown',
  96: 'sysGetpriority',
  97: 'sysSetpriority',
  99: 'sysStatfs',
  100: 'sysFstatfs',
  104: 'sysSetitimer',
  106: 'sysStat',
  107: 'sysLstat',
  108: 'sysFstat',
  114: 'sysWait4',
  118: 'sysFsync',
  119: 'sysSigreturn',
  120: 'sysClone',
  122: 'sysUname',
  125: 'sysMprotect',
  126: 'sysSigprocmask',
  132: 'sysGetpgid',
  133: 'sysFchdir',
  140: 'sysLlseek',
  141: 'sysGetdents',
  142: 'sysNewselect',
  144: 'sysMsync',
  145: 'sysReadv',
  146: 'sysWritev',
  147: 'sysGetsid',
  148: 'sysFsync', // fdatasync
  158: 'sysSchedYield',
  162: 'sysNanosleep',
  168: 'sysPoll',
  173: 'sysRtSigreturn',
  174: 'sysRtSigaction',
  175: 'sysRtSigprocmask',
  176: 'sysRtSigpending',
  179: 'sysRtSigsuspend',
  180: 'sysPread64',
  181: 'sysPwrite64',
  182: 'sysChown',
  183: 'sysGetcwd',
  190: 'sysFork', // vfork
  192: 'sysMmap2',
  193: 'sysTruncate64',
  194: 'sysFtruncate64',
  195: 'sysStat64',
  196: 'sysLstat64',
  197: 'sysFstat64',
  199: 'sysGetuid', // getuid32 to getegid32
  200: 'sysGetuid',
  201: 'sysGetuid',
  202: 'sysGetuid',
  207: 'sysFchown',
  212: 'sysChown',
  220: 'sysGetdents64',
  221: 'sysFcntl', // fcntl64
  252: 'sysExit', // exit_group
  271: 'sysUtimes',
  331: 'sysPipe2',
  500: 'notImplemented', // ask: here a write and a read on the channel's descriptors
  501: 'notImplemented', // answer: the same
  503: 'sysWriteProtect',
  504: 'sysCatchFault',
  505: 'sysKernelCounts',
};

export const syscallStubs = defineStubs('syscalls', (a) => {
  a.rodata();
  a.align(64);
  a.global('syscallTable');
  for (let n = 0; n < SYSCALLS; n++) a.dd(sym(handlers[n] ?? 'notImplemented'));
});
