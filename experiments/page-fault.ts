import { defineExperiment } from './define.js';
import { allStates } from './plan.js';

const common = { buffering: 'none' };

export const pageFault = defineExperiment({
  id: 'page-fault',
  title: 'Page fault',
  question: 'What does it cost a program to touch a fresh page, or a page it may not write yet?',
  claims: ['C4', 'C7', 'C11', 'R7', 'R8'],
  operation: 'one store to the page, from before it to after it, the fault and its resolution in between',
  families: [
    {
      id: 'page-fault',
      title: 'a program writes to a page',
      workload: 'page-fault',
      plan: { operations: ['demand-zero', 'write-protect'], sizes: [0], batches: [1], states: allStates },
      equalWork: ['fault', 'checksum'],
      headline: { operation: 'demand-zero', size: 0, batch: 1 },
      rows: [
        {
          system: 'native',
          variant: 'handler',
          label: 'native handler',
          provides: { ...common, copies: 'none', blocking: 'no', scheduler: 'no', kernels: 'kernel' },
        },
        {
          system: 'vmm',
          variant: 'update_va_mapping',
          label: 'VMM, update_va_mapping',
          provides: {
            ...common,
            copies: 'bounce frame',
            blocking: 'no',
            scheduler: 'no',
            kernels: 'VMM, guest kernel',
          },
        },
        {
          system: 'vmm',
          variant: 'mmu_update',
          label: 'VMM, mmu_update',
          provides: {
            ...common,
            copies: 'bounce frame',
            blocking: 'no',
            scheduler: 'no',
            kernels: 'VMM, guest kernel',
          },
        },
        {
          system: 'microkernel',
          variant: 'pager',
          label: 'microkernel, user-level pager',
          provides: {
            ...common,
            copies: 'fault message',
            blocking: 'faulter waits for its pager',
            scheduler: 'no (direct switch)',
            kernels: 'microkernel (twice), pager (ring 3)',
          },
        },
      ],
    },
  ],
  notes: [
    'A demand-zero fault includes zeroing the page; a write-protect fault does not.',
    'A page is touched once, so "warm" says that the fault path is warm, not the page.',
  ],
});
