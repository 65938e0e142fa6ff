import type { Experiment } from './define.js';
import { driver } from './driver.js';
import { ipc } from './ipc.js';
import { nullCall } from './null-call.js';
import { pageFault } from './page-fault.js';
import type { SystemId } from './system.js';

export const experiments: readonly Experiment[] = [nullCall, ipc, pageFault, driver];

/**
 * Systems of this kind ran on this processor when the debate was held: L4Linux on a Pentium 133 (SOSP '97), both kinds
 * on the Pentium III, Xen on the 2.4 GHz Xeon (SOSP '03). All else is what would have been.
 */
export const historicalSystems: Record<string, readonly SystemId[]> = {
  'pentium-133': ['native', 'microkernel'],
  'pentium3-800': ['native', 'vmm', 'microkernel'],
  'xeon-p4-2400': ['native', 'vmm'],
};

export function isHistorical(system: SystemId, processor: string): boolean {
  return historicalSystems[processor]?.includes(system) ?? false;
}
