/**
 * The VMM with two domains, each with the same guest kernel in ring 1: domain 0, which owns the network device, and the
 * guest domain, whose programs are measured. The second word of a module's text says whose it is (vmm/modules.ts).
 */

import type { Boot, BuildOptions, System } from '../system.js';
import { requireVariant } from '../system.js';

export const vmm: System = {
  id: 'vmm',
  title: 'a VMM in ring 0, two guest kernels in ring 1, programs in ring 3',

  build(options: BuildOptions): Boot {
    requireVariant(vmm, options);
    const line = [`timer=${options.timer ? 'on' : 'off'}`];
    if (options.workload === 'null-call') line.push(`entry=${options.variant}`);
    return { image: 'vmm', modules: [...kernels(options), ...programs(options)], append: line.join(' ') };
  },
};

function kernels({ workload, variant, seed, arguments: args }: BuildOptions): Boot['modules'] {
  const both = [`seed=${seed}`];
  const guest: string[] = [];
  if (workload === 'packet') both.push('net=on');
  if (workload === 'service' && variant === 'cross-domain') both.push('channel=on');
  if (workload === 'page-fault') guest.push(`paging=${variant}`);
  if (workload === 'ipc-primitive') guest.push('bench=ipc-primitive', args);
  const kernel = (tag: string, words: string[]) => ({
    image: 'xen-guest',
    args: ['xen-guest', tag, ...words].join(' '),
  });
  return [kernel('dom0:', both), kernel('domU:', [...both, ...guest])];
}

function programs({ workload, variant, arguments: args }: BuildOptions): Boot['modules'] {
  const program = (tag: string, image: string) => ({ image, args: `${image} ${tag} ${args}` });
  switch (workload) {
    case 'ipc-primitive':
      return [];
    case 'service':
      return [program('domU:', 'service-client'), program(variant === 'pipe' ? 'domU:' : 'dom0:', 'service-server')];
    default:
      return [program('domU:', workload)];
  }
}
