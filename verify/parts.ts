/** All parts of the proof, in the order in which they run. A part registers by its line here. */
import type { Part } from './part.js';

export const parts: readonly Part[] = [];
