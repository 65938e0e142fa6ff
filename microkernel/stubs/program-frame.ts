// What the routines of the program page share: the frame on the stack, the thread's words around its UTCB, errors.
import { type Assembler, edi, esp, gs, mem } from '../../toolchain/assembler/index.js';
import type { UserAddress } from './kip.js';
import { PERSONALITY } from './layout.js';

/** Every routine is written once for each way into the kernel. */
export type Way = 'Int' | 'Sysenter';
/** Names a label for one way. */
export type Label = (name: string) => string;
/** One IPC call of the thread in EAX: ESI is the tag. */
export type Call = (landing: string) => void;
export type { UserAddress };

/** Offsets from ESP of the program's registers while inside. */
export const SAVED = { edi: 0, esi: 4, edx: 8, ecx: 12, ebp: 16, ebx: 20 };
export const EIO = 5;
export const EBADF = 9;
export const EINVAL = 22;
export const ENOSYS = 38;

/** From the UTCB's address: thread words 0 (last asker) and 1 (packet buffer mapped), handler, pager, acceptor. */
export const ASKER = -16;
export const ATTACHED = -20;
export const HANDLER = -44;
export const PAGER = -48;
export const ACCEPTOR = -64;

export const TAG_ERROR = 0x8000;
export const label = (n: number) => n << 16;

/**
 * The 16 words below buffer register 32, which X.2 does not use: here the thread keeps whom it calls, so that a call
 * touches no page but its UTCB's and its stack's.
 */
export const OWN = { service: -256, partner: -252, driver: -248 };

export const utcb = (a: Assembler) => a.mov(edi, mem({ seg: gs, disp: 0 }));
export const own = (word: number) => mem({ base: edi, disp: word });
export const personal = (word: number) => mem({ disp: PERSONALITY + word });
export const stack = (disp: number) => mem({ base: esp, disp });
export const mr = (n: number) => mem({ base: edi, disp: n * 4 });
