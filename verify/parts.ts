/** All parts of the proof, in the order in which they run. A part registers by its line here. */
import { determinismPart } from '../machine/verify/determinism.js';
import { devicesPart } from '../machine/verify/devices.js';
import { fuzzPart } from '../machine/verify/fuzz.js';
import { hostPart } from '../machine/verify/host.js';
import { manualPart } from '../machine/verify/manual.js';
import { scenariosPart } from '../machine/verify/scenarios.js';
import { toolchainPart } from '../toolchain/verify/part.js';
import { contractPart } from './guest/contract.js';
import { guestPart } from './guest/part.js';
import type { Part } from './part.js';

export const parts: readonly Part[] = [
  hostPart,
  scenariosPart,
  devicesPart,
  manualPart,
  determinismPart,
  fuzzPart,
  toolchainPart,
  contractPart,
  guestPart,
];
