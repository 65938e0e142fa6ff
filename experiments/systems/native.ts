/**
 * The kernel on bare hardware: ring 0 and ring 3, system calls by gate or SYSENTER, pipes, the driver in the kernel. It
 * is the baseline that the other two are held against.
 */

import type { Boot, BuildOptions, System, WorkloadId } from '../system.js';
import { diskWorkloadIds, requireVariant } from '../system.js';

export const native: System = {
  id: 'native',
  title: 'one UNIX kernel in ring 0, programs in ring 3',

  build(options: BuildOptions): Boot {
    requireVariant(native, options);
    const line = [`seed=${options.seed}`, `timer=${options.timer ? 'on' : 'off'}`];
    if (options.workload === 'null-call') line.push(`entry=${options.variant}`);
    const disk = onDisk.includes(options.workload) ? 'system' : undefined;
    if (disk !== undefined) line.push('root=hda', `entry=${options.variant}`);
    if (options.workload === 'ipc-primitive') line.push('bench=ipc-primitive', options.arguments);
    return { image: 'native', modules: programs(options), append: line.join(' '), ...(disk && { disk }) };
  },
};

/** Workloads that need a disk. */
const onDisk: readonly WorkloadId[] = diskWorkloadIds;

/** Programs start in this order; the first two are connected by pipes. */
function programs({ workload, arguments: args }: BuildOptions): Boot['modules'] {
  const program = (image: string) => ({ image, args: `${image} ${args}` });
  switch (workload) {
    case 'ipc-primitive':
      return [];
    case 'service':
      return [program('service-client'), program('service-server')];
    default:
      return [program(workload)];
  }
}
