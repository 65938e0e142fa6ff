import type { Area } from './area.js';
import { debugAreas } from './debug.js';
import { delivery, doubleFaults } from './delivery.js';
import { floatingPointAreas } from './floating-point.js';
import { gates, taskGates } from './gates.js';
import { pagingAreas } from './paging.js';
import { privilegeAreas } from './privilege.js';
import { segmentAreas } from './segments.js';
import { taskAreas } from './tasks.js';
import { transferAreas } from './transfers.js';

export const areas: readonly Area[] = [
  gates,
  taskGates,
  delivery,
  doubleFaults,
  ...transferAreas,
  ...segmentAreas,
  ...pagingAreas,
  ...privilegeAreas,
  ...floatingPointAreas,
  ...debugAreas,
  ...taskAreas,
];
