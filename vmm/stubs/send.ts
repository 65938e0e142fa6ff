// EVTCHNOP_send, the hot operation of event_channel_op: guards first, each of which leaves everything as it is for the
// general handler (eventChannelSlow in events.ts), then the commit. It must do what setPending and wake do there.
//
//   in:     EAX = the guest's address of struct evtchn_op
//   guards: EDX = running Domain, then its channels; ECX = port, then the channel
//   commit: EDX = the other Domain; ECX = its port; EAX = its shared_info; then EAX = its Vcpu
//   out:    EAX = 0
import { defineStubs, eax, ecx, edx, mem, mem8 } from '../../toolchain/assembler/index.js';

const SEND = 4;
const INTERDOMAIN = 2;
const PORTS = 1024;

export const sendStubs = defineStubs('vmm send', (a) => {
  const op = a.struct('EventOp');
  const vcpu = a.struct('Vcpu');
  const domain = a.struct('Domain');
  const channel = a.struct('Channel');
  const shared = a.struct('SharedInfo');
  const info = a.struct('VcpuInfo');
  a.align(16);
  a.global('eventChannelOp');
  a.cmp(eax, (a.constant('VIRT_START') - op.sizeof) | 0);
  a.ja('slow');
  a.cmp(mem({ base: eax }), SEND);
  a.jne('slow');
  a.mov(ecx, mem({ base: eax, disp: op.allocUnbound }));
  a.cmp(ecx, PORTS);
  a.jae('slow');
  a.mov(edx, mem({ sym: 'currentThread' }));
  a.mov(edx, mem({ base: edx, disp: vcpu.domain }));
  a.shl(ecx, 4);
  a.add(ecx, mem({ base: edx, disp: domain.channels }));
  a.cmp(mem({ base: ecx, disp: channel.state }), INTERDOMAIN);
  a.jne('slow');

  a.hook('__work_event');
  a.mov(edx, mem({ base: ecx, disp: channel.remote }));
  a.mov(ecx, mem({ base: ecx, disp: channel.port }));
  a.mov(eax, mem({ base: edx, disp: domain.sharedInfo }));
  a.bts(mem({ base: eax, disp: shared.evtchnPending }), ecx);
  a.jc('sent');
  a.bt(mem({ base: eax, disp: shared.evtchnMask }), ecx);
  a.jc('sent');
  a.shr(ecx, 5);
  a.bts(mem({ base: eax, disp: info.pendingSelector }), ecx);
  a.jc('sent');
  a.mov(mem8({ base: eax, disp: info.upcallPending }), 1);
  a.mov(eax, mem({ base: edx, disp: domain.vcpu }));
  a.cmp(mem({ base: eax, disp: vcpu.state }), a.constant('BLOCKED'));
  a.jne('sent');
  a.mov(mem({ base: eax, disp: vcpu.state }), a.constant('RUNNABLE'));
  a.mov(ecx, mem({ sym: 'runQueue' }));
  a.mov(mem({ base: eax, disp: vcpu.next }), ecx);
  a.mov(mem({ sym: 'runQueue' }), eax);
  a.label('sent');
  a.xor(eax, eax);
  a.ret();

  a.label('slow');
  a.jmp('eventChannelSlow');
});
