import type { System, SystemId } from '../system.js';
import { microkernel } from './microkernel.js';
import { native } from './native.js';
import { vmm } from './vmm.js';

export const systems: Readonly<Record<SystemId, System>> = { native, vmm, microkernel };
