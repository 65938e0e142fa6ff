// The hypercall table, which the entry stub calls through: handlers in the order of their numbers (public/xen.h of Xen
// 3.0.0), exported by vmm/main.ts or, where they are hot, written as stubs.
import { defineStubs, sym } from '../../toolchain/assembler/index.js';

const HYPERCALLS = [
  'setTrapTable', // 0
  'mmuUpdate', // 1
  'setGdt', // 2
  'stackSwitch', // 3
  'setCallbacks', // 4
  'fpuTaskswitch', // 5
  'schedOp', // 6
  'notImplemented', // 7 dom0_op
  'notImplemented', // 8 set_debugreg
  'notImplemented', // 9 get_debugreg
  'updateDescriptor', // 10
  'notImplemented', // 11 not assigned
  'memoryOp', // 12
  'multicall', // 13
  'updateVaMapping', // 14
  'notImplemented', // 15 set_timer_op
  'eventChannelOp', // 16
  'xenVersion', // 17
  'consoleIo', // 18
  'physdevOp', // 19
  'grantTableOp', // 20
  'notImplemented', // 21 vm_assist
  'notImplemented', // 22 update_va_mapping_otherdomain
  'notImplemented', // 23 switch_vm86
  'notImplemented', // 24 vcpu_op
  'notImplemented', // 25 set_segment_base (64 bits)
  'mmuextOp', // 26
  'notImplemented', // 27 acm_op
  'notImplemented', // 28 to 31 not assigned
  'notImplemented',
  'notImplemented',
  'notImplemented',
] as const;

export const hypercallStubs = defineStubs('vmm hypercalls', (a) => {
  a.rodata();
  a.align(16);
  a.global('hypercallTable');
  a.dd(...HYPERCALLS.map((name) => sym(name)));
});
