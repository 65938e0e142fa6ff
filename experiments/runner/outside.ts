/** What determines results beside the plan: built images and core, presets, systems. */
import { applyPreset, listConstants, processors } from '../../machine/processors/index.js';
import type { ProcessorFacts } from '../schema.js';
import { systems } from '../systems/index.js';
import type { Surroundings } from './boots.js';
import { diskBytes } from './disks.js';
import { coreDigest, imageBytes } from './images.js';
import { digest } from './project.js';

export function projectSurroundings(): Surroundings {
  const digests = new Map<string, string>();
  const disks = new Map<string, string>();
  const facts = new Map<string, ProcessorFacts>();
  return {
    systems,
    imageDigest: (name, layout) => remember(digests, `${name} ${layout}`, () => digest(imageBytes(name, layout))),
    diskDigest: (name) => remember(disks, name, () => digest(diskBytes(name))),
    coreDigest: coreDigest(),
    processor: (id, overrides) =>
      remember(facts, `${id} ${JSON.stringify(overrides)}`, () => {
        const preset = applyPreset(processors[id], overrides);
        return {
          preset: digest(JSON.stringify(preset)),
          title: preset.name,
          megahertz: preset.hz / 1e6,
          constants: listConstants(preset).map(({ path, value, low, high, class: basis }) => ({
            path,
            value,
            low,
            high,
            class: basis,
          })),
        };
      }),
    hasFeature: (id, feature) => processors[id].features.includes(feature),
  };
}

function remember<T>(cache: Map<string, T>, key: string, make: () => T): T {
  let value = cache.get(key);
  if (value === undefined) {
    value = make();
    cache.set(key, value);
  }
  return value;
}
