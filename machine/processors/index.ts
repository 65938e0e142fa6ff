import { i486 } from './486dx2-66.js';
import { core2 } from './core2-2400.js';
import { opteron } from './opteron-1800.js';
import { pentium133 } from './pentium-133.js';
import { pentium3 } from './pentium3-800.js';
import type { Preset } from './preset.js';
import { skylake } from './skylake-3000.js';
import { xeonP4 } from './xeon-p4-2400.js';
import { zen4 } from './zen4.js';

const presets: readonly Preset[] = [i486, pentium133, pentium3, xeonP4, opteron, core2, skylake, zen4];

/** Every preset by id, in the order of their years. */
export const processors: Readonly<Record<string, Preset>> = Object.fromEntries(presets.map((p) => [p.id, p]));

/** The three that the debate was held on: what experiments run on unless told otherwise. */
export const debatedProcessors: readonly string[] = [pentium133.id, pentium3.id, xeonP4.id];

export { writeConfig } from './config.js';
export type { ListedConstant } from './constants.js';
export { applyPreset, listConstants } from './constants.js';
export type { CacheGeometry, Constant, ConstantClass, Preset, SecondTlb, TlbGeometry } from './preset.js';
export { PresetError, validatePreset } from './preset.js';
