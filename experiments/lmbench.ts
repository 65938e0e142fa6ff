import { defineExperiment, type Family, type Row } from './define.js';
import type { PlannedState } from './plan.js';

const provides = {
  copies: 'as the call does',
  blocking: 'as the call does',
  buffering: 'page cache, pipes',
  scheduler: 'where processes switch',
  kernels: 'kernel',
};

const noDisk = 'the port of the guest kernel to the VMM has no disk yet, only files in memory';
const unported = 'the guest kernel has no port to the microkernel yet';

/** The rows of every workload that needs a disk and processes. */
export const diskRows: Row[] = [
  { system: 'native', variant: 'int80', label: 'native, int 0x80', provides },
  { system: 'vmm', variant: 'direct', label: 'VMM', unavailable: noDisk, provides },
  { system: 'microkernel', variant: 'ipc', label: 'microkernel', unavailable: unported, provides },
];

/**
 * The design's two rows: Linux 2.4, whose figures stand beside native's, was entered by int 0x80 alone; later ones show
 * programs a page with SYSENTER where the processor has it.
 */
const lmbenchRows: Row[] = [
  ...diskRows,
  { system: 'native', variant: 'sysenter', label: 'native, sysenter', needs: 'sysenter', provides },
];

/** lmbench takes the best or the median of many; so is *warm* here, by fewer where one repetition is long. */
const often: PlannedState[] = [{ state: 'warm', discard: 10, keep: 11 }];
const seldom: PlannedState[] = [{ state: 'warm', discard: 3, keep: 5 }];

function family(id: string, title: string, operations: string[], batch: number, states: PlannedState[]): Family {
  return {
    id,
    title,
    workload: 'lmbench',
    plan: { operations, sizes: [0], batches: [batch], states },
    rows: lmbenchRows,
    equalWork: ['checksum'],
    headline: { operation: operations[0], size: 0, batch },
  };
}

/** Rings of so many processes, each with an array of so many KiB, and what the same work costs without a switch. */
function ring(processes: number): Family {
  const sizes = [0, 16, 64];
  const names = ['context-switch', 'switch-overhead'].flatMap((name) =>
    sizes.map((size) => `${name}-${processes}p-${size}k`),
  );
  return family(`ring-${processes}`, `a token round ${processes} processes`, names, processes, often);
}

export const lmbench = defineExperiment({
  id: 'lmbench',
  title: 'lmbench',
  question: 'What do the rows of lmbench cost, beside the published ones?',
  claims: [],
  operation: 'one operation of the row, by the method of lmbench: a loop of them is one repetition',
  operationsAreRows: true,
  byName: true,
  families: [
    family(
      'calls',
      'system calls and signals',
      [
        'null-call',
        'null-io',
        'stat',
        'open-close',
        'select-10',
        'select',
        'signal-install',
        'signal-send',
        'signal-catch',
        'protection-fault',
      ],
      10,
      often,
    ),
    family('processes', 'processes', ['fork', 'exec', 'sh', 'mmap', 'mmap-untouched'], 1, often),
    ring(2),
    ring(8),
    ring(16),
    family('pipes', 'pipes', ['pipe-latency', 'pipe-bandwidth'], 10, often),
    family(
      'files',
      'files made and deleted',
      ['file-create-0k', 'file-delete-0k', 'file-create-10k', 'file-delete-10k'],
      50,
      seldom,
    ),
    family('faults', 'pages touched', ['page-fault', 'zero-fault'], 256, seldom),
    family(
      'bandwidth',
      '64 KiB read or copied',
      ['file-reread-bandwidth', 'mmap-reread-bandwidth', 'memory-read-bandwidth', 'memory-copy-bandwidth'],
      16,
      seldom,
    ),
  ],
  notes: [
    'Published figures of native Linux 2.4 belong to int 0x80; the rows by sysenter run the same binaries, which enter ' +
      'through the page that the kernel names in their auxiliary vector.',
    'The program is the first process of the booted system; fork, exec and sh run programs from its disk.',
    'As in lmbench, signal-handle is what catching costs beyond sending, protection-fault what a fault costs beyond ' +
      'that, a context switch what the ring costs beyond the same pipes and arrays in one process.',
    'Null I/O is the mean of reading a byte of /dev/zero and writing one to /dev/null; select looks at 100 ' +
      'descriptors of a file where the published row has sockets, which this guest does not have yet.',
  ],
});
