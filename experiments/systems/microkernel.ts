/**
 * The L4-style microkernel: threads, spaces and IPC in ring 0; root task, pager, service and driver servers in ring 3.
 * The programs are the binaries of the other systems; their entry page turns system calls into IPC.
 */
import type { Boot, BuildOptions, System } from '../system.js';
import { requireVariant } from '../system.js';

const server = (image: string) => ({ image, args: image });

export const microkernel: System = {
  id: 'microkernel',
  title: 'an L4-style microkernel in ring 0, servers and programs in ring 3',

  build(options: BuildOptions): Boot {
    requireVariant(microkernel, options);
    const servers = ['sigma0', 'root', 'pager', 'service', ...(options.workload === 'packet' ? ['e1000'] : [])];
    return {
      image: 'microkernel',
      modules: [...servers.map(server), ...programs(options)],
      append: `seed=${options.seed} timer=${options.timer ? 'on' : 'off'}`,
    };
  },
};

/** Programs are each other's partners in pairs. */
function programs({ workload, variant, arguments: args }: BuildOptions): Boot['modules'] {
  const program = (image: string, extra = '') => ({ image, args: [image, args, extra].join(' ').trim() });
  if (workload === 'service') return [program('service-client'), program('service-server')];
  if (workload !== 'ipc-primitive') return [program(workload)];
  // The label of the ledger is the module's name, so the answering side of two spaces gets one of its own.
  return variant === 'same-space'
    ? [program('ipc-bench', 'threads=2')]
    : [program('ipc-bench'), { image: 'ipc-bench', args: 'ipc-partner role=server' }];
}
