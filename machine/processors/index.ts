import { pentium133 } from './pentium-133.js';
import { pentium3 } from './pentium3-800.js';
import type { Preset } from './preset.js';
import { xeonP4 } from './xeon-p4-2400.js';

/** Every preset by id. */
export const processors: Readonly<Record<string, Preset>> = {
  [pentium133.id]: pentium133,
  [pentium3.id]: pentium3,
  [xeonP4.id]: xeonP4,
};

export { writeConfig } from './config.js';
export type { ListedConstant } from './constants.js';
export { applyPreset, listConstants } from './constants.js';
export type { CacheGeometry, Constant, ConstantClass, Preset, TlbGeometry } from './preset.js';
export { PresetError, validatePreset } from './preset.js';
