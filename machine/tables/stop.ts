/** Why `run(limit)` of the core returned. The position is the number. */
export const stops = [
  { id: 'limit', definition: 'the cycle given as limit was reached' },
  { id: 'due', definition: 'the cycle nextDue was reached: devices have work' },
  { id: 'halted', definition: 'hlt, waiting for an interrupt' },
  { id: 'tripleFault', definition: 'an exception during the delivery of a double fault' },
  { id: 'requested', definition: 'the host asked for a stop from within a call' },
] as const;

export type StopId = (typeof stops)[number]['id'];
