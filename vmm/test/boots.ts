// Boots of the VMM with two domains, in the form the experiments use.
import type { Boot } from '../../experiments/system.js';

export interface Domains {
  /** Options of the VMM, of each guest kernel, and the programs of each domain: `name arguments`. */
  vmm?: string;
  dom0?: string;
  domU?: string;
  programs0?: string[];
  programsU?: string[];
}

export function vmmBoot({ vmm = 'timer=off', dom0 = '', domU = '', programs0 = [], programsU = [] }: Domains): Boot {
  const program = (tag: string) => (text: string) => {
    const [image, ...rest] = text.split(' ');
    return { image: image as string, args: [image, tag, ...rest].join(' ') };
  };
  return {
    image: 'vmm',
    modules: [
      { image: 'xen-guest', args: `xen-guest dom0: ${dom0}` },
      { image: 'xen-guest', args: `xen-guest domU: ${domU}` },
      ...programsU.map(program('domU:')),
      ...programs0.map(program('dom0:')),
    ],
    append: vmm,
  };
}

/** What VMM and kernels print before anything else. */
export const greeting = ['vmm: dom0 16 MiB, domU 16 MiB', 'kernel xen', 'kernel xen'];
