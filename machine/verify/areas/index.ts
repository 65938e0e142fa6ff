import type { Area } from './area.js';
import { debugAreas } from './debug.js';
import { debugEvents } from './debug-events.js';
import { delivery, doubleFaults } from './delivery.js';
import { floatingPointAreas } from './floating-point.js';
import { gates, taskGates } from './gates.js';
import { mixed } from './mixed.js';
import { mixedPaging } from './mixed-paging.js';
import { nmi } from './nmi.js';
import { noMemory } from './no-memory.js';
import { pagingAreas } from './paging.js';
import { privilegeAreas } from './privilege.js';
import { realAreas } from './real-mode.js';
import { segmentAreas } from './segments.js';
import { repeatedStrings } from './strings.js';
import { taskAreas } from './tasks.js';
import { transferAreas } from './transfers.js';
import { virtualAreas } from './virtual-8086.js';

export const areas: readonly Area[] = [
  gates,
  taskGates,
  delivery,
  doubleFaults,
  ...transferAreas,
  noMemory,
  ...segmentAreas,
  ...pagingAreas,
  ...privilegeAreas,
  ...floatingPointAreas,
  repeatedStrings,
  ...debugAreas,
  debugEvents,
  ...taskAreas,
  nmi,
  ...virtualAreas,
  ...realAreas,
  mixed,
  mixedPaging,
];
