// The kernel interface page (L4 X.2, "Kernel Interface Page"): constants, room for what kernel/kip.ts fills in at
// boot, and behind them the code that user level calls. All links are offsets from the page. The page is seen at KIP
// in every space; programs.ts writes the page behind it.
import { type Assembler, al, dl, eax, ebp, ebx, edx, esp, mem } from '../../toolchain/assembler/index.js';
import { VECTOR_IPC } from './layout.js';
import { SYSTEM_CALLS } from './syscalls.js';

const PAGE = 4096;
const LINKS_END = 0x120;
/** Room for memory descriptors and the processor descriptor. */
const CODE_AT = 0x200;
/** From a UTCB's address to the word with the global id. */
const GLOBAL_ID = -60;
/** Calls whose EAX names a thread that may be given by its local id. */
const LOCAL_IN_EAX = new Set(['ExchangeRegisters', 'ThreadSwitch', 'Schedule']);

/** Says at which address user level sees a label of the two pages. */
export type UserAddress = (label: string) => number;

/** The trap of an IPC; results are in registers behind it. */
export function trap(a: Assembler, way: 'Int' | 'Sysenter', landing: string, user: UserAddress): void {
  if (way === 'Int') {
    a.int(VECTOR_IPC);
    return;
  }
  a.mov(ebx, user(landing));
  a.mov(ebp, esp);
  a.sysenter();
  a.label(landing);
}

export function writeKip(a: Assembler, user: UserAddress): void {
  a.global('kip');
  a.hook('__stub_page_bfffe000');
  a.db('L4', 0xe6, 'K');
  a.dd(0x84050000, 0, 0);
  a.space(LINKS_END - 16);
  a.space(CODE_AT - LINKS_END);
  for (const way of ['Int', 'Sysenter'] as const) writeIpc(a, way, user);
  SYSTEM_CALLS.forEach(([name], n) => {
    if (n < 2) return;
    a.align(16);
    a.global(`kip${name}`);
    a.hook('__stub_enter');
    if (LOCAL_IN_EAX.has(name)) {
      a.test(al, 0x3f);
      a.jnz(`global${name}`);
      a.test(eax, eax);
      a.jz(`global${name}`);
      a.mov(eax, mem({ base: eax, disp: GLOBAL_ID }));
      a.label(`global${name}`);
    }
    // MR0 of Unmap and the like travels in ESI both ways.
    a.int(VECTOR_IPC + n);
    a.hook('__stub_leave');
    a.ret();
  });
  a.align(PAGE);
}

/** Local ids, which are UTCB addresses, become global here; nil and any-local stay. */
function writeIpc(a: Assembler, way: 'Int' | 'Sysenter', user: UserAddress): void {
  a.align(32);
  a.global(`kipIpc${way}`);
  a.hook('__stub_enter');
  a.test(al, 0x3f);
  a.jz(`toLocal${way}`);
  a.label(`toGlobal${way}`);
  a.test(dl, 0x3f);
  a.jz(`fromLocal${way}`);
  a.label(`fromGlobal${way}`);
  trap(a, way, `kipLanding${way}`, user);
  a.hook('__stub_leave');
  a.ret();
  a.label(`toLocal${way}`);
  a.test(eax, eax);
  a.jz(`toGlobal${way}`);
  a.mov(eax, mem({ base: eax, disp: GLOBAL_ID }));
  a.jmp(`toGlobal${way}`);
  a.label(`fromLocal${way}`);
  a.test(edx, edx);
  a.jz(`fromGlobal${way}`);
  a.cmp(edx, -64);
  a.je(`fromGlobal${way}`);
  a.mov(edx, mem({ base: edx, disp: GLOBAL_ID }));
  a.jmp(`fromGlobal${way}`);
}
