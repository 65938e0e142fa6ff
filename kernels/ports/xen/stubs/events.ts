// The sweep over pending events, from the upcall with events masked: pending byte, selector, ports, each cleared before it is
// acted upon, until no new event has come. The VMM sets bits only while this kernel does not run, that is, between two
// instructions: so what was read is cleared by one XOR, which leaves bits set since alone; no LOCK.
//
// Ports of this kernel lie in the first word of the bit arrays: one selector bit. EBX = ports still to be served.
import { defineStubs, eax, ebx, mem, mem8 } from '../../../../toolchain/assembler/index.js';

const PORTS = 32;

export const eventStubs = defineStubs('xen events', (a) => {
  const shared = a.struct('SharedInfo');
  const info = a.struct('VcpuInfo');
  const sharedInfo = a.constant('SHARED_INFO');
  const at = (offset: number) => ({ disp: (sharedInfo + offset) | 0 });

  a.align(16);
  a.global('handleEvents');
  a.push(ebx);
  a.label('sweep');
  a.mov(mem8(at(info.upcallPending)), 0);
  a.mov(mem(at(info.pendingSelector)), 0);
  a.mov(ebx, mem(at(shared.evtchnMask)));
  a.not(ebx);
  a.and(ebx, mem(at(shared.evtchnPending)));
  a.jz('swept');
  a.xor(mem(at(shared.evtchnPending)), ebx);
  a.label('port');
  a.bsf(eax, ebx);
  a.btr(ebx, eax);
  a.callIndirect(mem({ sym: 'eventHandlers', index: eax, scale: 4 }));
  a.test(ebx, ebx);
  a.jnz('port');
  a.label('swept');
  a.cmp(mem8(at(info.upcallPending)), 0);
  a.jne('sweep');
  a.pop(ebx);
  a.ret();

  a.bss();
  a.align(4);
  a.global('eventHandlers');
  a.space(PORTS * 4);
});
