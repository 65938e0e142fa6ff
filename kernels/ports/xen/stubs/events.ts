// The sweep over pending events, from the upcall with events masked: pending byte, selector, ports, each cleared before it is
// acted upon, until no new event has come. The VMM sets bits only while this kernel does not run, that is, between two
// instructions: so what was read is cleared by one XOR, which leaves bits set since alone; no LOCK.
//
// Ports of this kernel lie in the first word of the bit arrays: one selector bit. EBX = ports still to be served.
import { defineStubs, eax, ebx, mem, mem8 } from '../../../../toolchain/assembler/index.js';
import { EVENT_MASK, EVENT_PENDING, PENDING_SELECTOR, UPCALL_PENDING } from './layout.js';

const PORTS = 32;

export const eventStubs = defineStubs('xen events', (a) => {
  a.align(16);
  a.global('handleEvents');
  a.push(ebx);
  a.label('sweep');
  a.mov(mem8({ disp: UPCALL_PENDING | 0 }), 0);
  a.mov(mem({ disp: PENDING_SELECTOR | 0 }), 0);
  a.mov(ebx, mem({ disp: EVENT_MASK | 0 }));
  a.not(ebx);
  a.and(ebx, mem({ disp: EVENT_PENDING | 0 }));
  a.jz('swept');
  a.xor(mem({ disp: EVENT_PENDING | 0 }), ebx);
  a.label('port');
  a.bsf(eax, ebx);
  a.btr(ebx, eax);
  a.callIndirect(mem({ sym: 'eventHandlers', index: eax, scale: 4 }));
  a.test(ebx, ebx);
  a.jnz('port');
  a.label('swept');
  a.cmp(mem8({ disp: UPCALL_PENDING | 0 }), 0);
  a.jne('sweep');
  a.pop(ebx);
  a.ret();

  a.bss();
  a.align(4);
  a.global('eventHandlers');
  a.space(PORTS * 4);
});
