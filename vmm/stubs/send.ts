// EVTCHNOP_send, the hot operation of event_channel_op: guards first, each of which leaves everything as it is for the
// general handler (eventChannelSlow in events.ts), then the commit. It must do what setPending and wake do there.
//
//   in:     EAX = the guest's address of struct evtchn_op
//   guards: EDX = running Domain, then its channels; ECX = port, then the channel
//   commit: EDX = the other Domain; ECX = its port; EAX = its shared_info; then EAX = its Vcpu
//   out:    EAX = 0
import { defineStubs, eax, ecx, edx, mem, mem8 } from '../../toolchain/assembler/index.js';
import { CHANNEL, DOMAIN, INFO, SHARED, STATE, VCPU, VIRT_START } from './offsets.js';

const SEND = 4;
const INTERDOMAIN = 2;
const PORTS = 1024;
const OP_BYTES = 28;

export const sendStubs = defineStubs('vmm send', (a) => {
  a.align(16);
  a.global('eventChannelOp');
  a.cmp(eax, (VIRT_START - OP_BYTES) | 0);
  a.ja('slow');
  a.cmp(mem({ base: eax }), SEND);
  a.jne('slow');
  a.mov(ecx, mem({ base: eax, disp: 4 }));
  a.cmp(ecx, PORTS);
  a.jae('slow');
  a.mov(edx, mem({ sym: 'currentThread' }));
  a.mov(edx, mem({ base: edx, disp: VCPU.domain }));
  a.shl(ecx, 4);
  a.add(ecx, mem({ base: edx, disp: DOMAIN.channels }));
  a.cmp(mem({ base: ecx, disp: CHANNEL.state }), INTERDOMAIN);
  a.jne('slow');

  a.hook('__work_event');
  a.mov(edx, mem({ base: ecx, disp: CHANNEL.remote }));
  a.mov(ecx, mem({ base: ecx, disp: CHANNEL.port }));
  a.mov(eax, mem({ base: edx, disp: DOMAIN.sharedInfo }));
  a.bts(mem({ base: eax, disp: SHARED.pending }), ecx);
  a.jc('sent');
  a.bt(mem({ base: eax, disp: SHARED.mask }), ecx);
  a.jc('sent');
  a.shr(ecx, 5);
  a.bts(mem({ base: eax, disp: INFO.pendingSelector }), ecx);
  a.jc('sent');
  a.mov(mem8({ base: eax, disp: INFO.upcallPending }), 1);
  a.mov(eax, mem({ base: edx, disp: DOMAIN.vcpu }));
  a.cmp(mem({ base: eax, disp: VCPU.state }), STATE.blocked);
  a.jne('sent');
  a.mov(mem({ base: eax, disp: VCPU.state }), STATE.runnable);
  a.mov(ecx, mem({ sym: 'runQueue' }));
  a.mov(mem({ base: eax, disp: VCPU.next }), ecx);
  a.mov(mem({ sym: 'runQueue' }), eax);
  a.label('sent');
  a.xor(eax, eax);
  a.ret();

  a.label('slow');
  a.jmp('eventChannelSlow');
});
