import { defineExperiment } from './define.js';
import { allStates } from './plan.js';

export const ipc = defineExperiment({
  id: 'ipc',
  title: 'Inter-process communication',
  question: 'What does it cost to wake another party and hand it a word, or a message of 4 bytes to 4 KiB?',
  claims: ['C7', 'C9', 'R8', 'L3'],
  operation: 'a round trip: the asker goes, the answerer wakes and answers, the asker goes on',
  families: [
    {
      id: 'primitive',
      title: 'primitive: wake the other party and pass one word',
      workload: 'ipc-primitive',
      plan: { operations: ['word'], sizes: [0], batches: [1], states: allStates },
      equalWork: ['checksum'],
      headline: { operation: 'word', size: 0, batch: 1 },
      rows: [
        {
          system: 'native',
          variant: 'threads',
          label: 'native, kernel threads',
          provides: {
            copies: 'none (shared word)',
            blocking: 'block and wake',
            buffering: 'none',
            scheduler: 'each way',
            kernels: 'kernel (no crossing)',
          },
        },
        {
          system: 'vmm',
          variant: 'event',
          label: 'VMM, event send and block',
          provides: {
            copies: 'none (shared word)',
            blocking: 'asynchronous; then block',
            buffering: 'one bit a channel',
            scheduler: 'each way (VMM)',
            kernels: 'VMM, two guest kernels',
          },
        },
        {
          system: 'microkernel',
          variant: 'same-space',
          label: 'microkernel, same space',
          provides: {
            copies: 'registers',
            blocking: 'synchronous',
            buffering: 'none',
            scheduler: 'no (direct switch)',
            kernels: 'microkernel',
          },
        },
        {
          system: 'microkernel',
          variant: 'other-space',
          label: 'microkernel, other space',
          provides: {
            copies: 'registers',
            blocking: 'synchronous',
            buffering: 'none',
            scheduler: 'no (direct switch)',
            kernels: 'microkernel',
          },
        },
      ],
    },
    {
      id: 'service',
      title: 'service: program A asks, program B answers with as many bytes',
      workload: 'service',
      plan: { operations: ['ask'], sizes: [4, 64, 252, 1024, 4096], batches: [1], states: allStates },
      equalWork: ['checksum'],
      headline: { operation: 'ask', size: 64, batch: 1 },
      rows: [
        {
          system: 'native',
          variant: 'pipe',
          label: 'native, pipes',
          provides: {
            copies: '2 each way',
            blocking: 'read blocks',
            buffering: '4 KiB',
            scheduler: 'each way',
            kernels: 'kernel',
          },
        },
        {
          system: 'vmm',
          variant: 'pipe',
          label: 'VMM, pipes in one domain',
          provides: {
            copies: '2 each way',
            blocking: 'read blocks',
            buffering: '4 KiB',
            scheduler: 'each way (guest)',
            kernels: 'guest kernel, VMM (switch)',
          },
        },
        {
          system: 'vmm',
          variant: 'cross-domain',
          label: 'VMM, across domains',
          provides: {
            copies: '2 each way',
            blocking: 'read blocks',
            buffering: 'shared ring',
            scheduler: 'each way (guest and VMM)',
            kernels: 'two guest kernels, VMM',
          },
        },
        {
          system: 'microkernel',
          variant: 'ipc',
          label: 'microkernel, IPC',
          provides: {
            copies: '1 each way to 252 B (message registers); above, 2 (shared buffer)',
            blocking: 'synchronous',
            buffering: 'none',
            scheduler: 'no (direct switch)',
            kernels: 'microkernel',
          },
        },
      ],
    },
  ],
  notes: [
    'The two families answer different questions and are never drawn together.',
    'Rows differ in what they provide (see the table): the same result, not the same service.',
    'Above 252 bytes the microkernel row uses a shared buffer and IPC; string items are not built yet.',
  ],
});
