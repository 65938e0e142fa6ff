import { defineExperiment } from './define.js';
import { allStates } from './plan.js';

const nothing = { copies: 'none', buffering: 'none', scheduler: 'no' };

export const nullCall = defineExperiment({
  id: 'null-call',
  title: 'Null call',
  question: 'What does it cost a program to call an empty service of its operating system?',
  claims: ['C7', 'C12', 'R7', 'R8', 'R11'],
  operation: 'from the instruction before the call to the instruction after it (getppid), through the entry page',
  families: [
    {
      id: 'null-call',
      title: 'a program calls an empty service',
      workload: 'null-call',
      plan: { operations: ['null-call'], sizes: [0], batches: [1], states: allStates },
      equalWork: ['syscall', 'checksum'],
      headline: { operation: 'null-call', size: 0, batch: 1 },
      rows: [
        {
          system: 'native',
          variant: 'int80',
          cornered: true,
          label: 'native, int 0x80',
          provides: { ...nothing, blocking: 'no', kernels: 'kernel' },
        },
        {
          system: 'native',
          variant: 'sysenter',
          label: 'native, sysenter',
          needs: 'sysenter',
          provides: { ...nothing, blocking: 'no', kernels: 'kernel' },
        },
        {
          system: 'vmm',
          variant: 'direct',
          cornered: true,
          label: 'VMM, direct gate',
          provides: { ...nothing, blocking: 'no', kernels: 'guest kernel (ring 1)' },
        },
        {
          system: 'vmm',
          variant: 'bounced',
          cornered: true,
          label: 'VMM, bounced',
          provides: { ...nothing, blocking: 'no', kernels: 'VMM, guest kernel (ring 1)' },
        },
        {
          system: 'microkernel',
          variant: 'ipc',
          label: 'microkernel, call/reply',
          provides: { ...nothing, blocking: 'synchronous', kernels: 'microkernel (twice), server (ring 3)' },
        },
      ],
    },
  ],
  notes: [
    'The bounced row leaves out the direct gate of the VMM; nothing else differs.',
    'The server of the microkernel row runs in an address space of its own; small spaces are not built yet.',
  ],
});
