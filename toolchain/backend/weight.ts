// How often code runs, as far as that can be told without running it.
import type * as m from './machine.js';

/** Weight of what a cold block does. */
const COLD = 0.01;
/** How often a block is thought to run: ten times for each loop around it. */
export const weightOf = (b: m.MachineBlock): number => (b.isCold ? COLD : 10 ** Math.min(b.depth, 5));
