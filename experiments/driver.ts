import { defineExperiment } from './define.js';
import { allStates } from './plan.js';

export const driver = defineExperiment({
  id: 'driver',
  title: 'Network driver',
  question: 'What does a packet cost when the driver sits in the kernel, in domain 0, or in a server?',
  claims: ['C7', 'C10', 'R6', 'R8', 'R10'],
  operation: 'transmit of a batch of packets: from before the call to after it, completion interrupt included',
  families: [
    {
      id: 'transmit',
      title: 'a program transmits packets',
      workload: 'packet',
      plan: { operations: ['transmit'], sizes: [64, 1460], batches: [1, 16], states: allStates },
      equalWork: ['packets', 'packetBytes', 'checksum'],
      headline: { operation: 'transmit', size: 64, batch: 1 },
      rows: [
        {
          system: 'native',
          variant: 'in-kernel',
          label: 'driver in the kernel',
          provides: {
            copies: '1 (to the DMA buffer)',
            blocking: 'until completion',
            buffering: 'NIC ring',
            scheduler: 'once',
            kernels: 'kernel',
          },
        },
        {
          system: 'vmm',
          variant: 'dom0',
          label: 'VMM, driver in domain 0',
          provides: {
            copies: '1 (to the granted page)',
            blocking: 'until the response',
            buffering: 'shared ring, NIC ring',
            scheduler: 'guest, VMM, domain 0',
            kernels: 'guest kernel, VMM, domain 0 kernel',
          },
        },
        {
          system: 'microkernel',
          variant: 'server',
          label: 'microkernel, driver server',
          provides: {
            copies: '1 (to the shared buffer)',
            blocking: 'synchronous call',
            buffering: 'NIC ring',
            scheduler: 'no (direct switch)',
            kernels: 'microkernel, driver server (ring 3)',
          },
        },
      ],
    },
  ],
  notes: [
    'Cycles a packet are those of a batch divided by its packets. Busy and idle are apart: idle is the wire and the ' +
      'interrupt delay of the adapter, which every system asks for alike.',
    'Receive, and with it the page flip, comes later.',
  ],
});
