import type { Experiment } from './define.js';
import { driver } from './driver.js';
import { ipc } from './ipc.js';
import { lmbench } from './lmbench.js';
import { build, db, files } from './macro.js';
import { nullCall } from './null-call.js';
import { pageFault } from './page-fault.js';
import type { SystemId } from './system.js';

export const experiments: readonly Experiment[] = [nullCall, ipc, pageFault, driver, lmbench, build, db, files];

/** Those that a run without names measures. */
export const dailyExperiments = experiments.filter(({ byName }) => !byName);

/**
 * Systems of this kind ran on this processor until the debate was over (2006): the first L4 on a 486 (SOSP '95),
 * L4Linux on a Pentium 133 (SOSP '97), both kinds on the Pentium III, Xen on the 2.4 GHz Xeon (SOSP '03) and on
 * Opterons. All else is what would have been; of later processors, what a 32-bit kernel of that time would cost on
 * them.
 */
export const historicalSystems: Record<string, readonly SystemId[]> = {
  '486dx2-66': ['native', 'microkernel'],
  'pentium-133': ['native', 'microkernel'],
  'pentium3-800': ['native', 'vmm', 'microkernel'],
  'xeon-p4-2400': ['native', 'vmm'],
  'opteron-1800': ['native', 'vmm'],
  'core2-2400': ['native'],
  'skylake-3000': ['native'],
  zen4: ['native'],
};

export function isHistorical(system: SystemId, processor: string): boolean {
  return historicalSystems[processor]?.includes(system) ?? false;
}
