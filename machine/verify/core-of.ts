import type { Core } from '../core.js';
import type { Machine } from '../index.js';

/** What only the proof looks at: the core behind a machine, with its whole memory. */
export function coreOf(machine: Machine): Core {
  return (machine as unknown as { core: Core }).core;
}
