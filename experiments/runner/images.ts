/** The built core and images, read once a process, and their digests. */
import { coreBytes } from '../../toolchain/driver/core.js';
import { imageBytes as builtImage } from '../../toolchain/driver/images.js';
import type { BootSpec } from './boots.js';
import { diskBytes } from './disks.js';
import type { Materials } from './measure.js';
import { digest, projectRoot } from './project.js';

const images = new Map<string, Uint8Array>();
let core: { bytes: Uint8Array; module: WebAssembly.Module } | undefined;

/**
 * @param layout link order of functions and data; linked on demand
 * @throws Error when there is no such image, or it is not built
 */
export function imageBytes(name: string, layout = 0): Uint8Array {
  const key = `${name} ${layout}`;
  let bytes = images.get(key);
  if (bytes === undefined) {
    bytes = builtImage(name, projectRoot, layout);
    images.set(key, bytes);
  }
  return bytes;
}

export function coreDigest(): string {
  return digest(builtCore().bytes);
}

/** What a boot is made of; plain data and a compiled module, so that it can be sent to a worker. */
export function materialsOf({ boot, layout, unavailable }: BootSpec): Materials {
  if (unavailable !== undefined) return { core: builtCore().module, images: {}, disk: null };
  const names = [boot.image, ...boot.modules.map(({ image }) => image)];
  return {
    core: builtCore().module,
    images: Object.fromEntries(names.map((name) => [name, imageBytes(name, layout)])),
    disk: boot.disk === undefined ? null : diskBytes(boot.disk),
  };
}

function builtCore(): NonNullable<typeof core> {
  if (core === undefined) {
    const bytes = coreBytes();
    core = { bytes, module: new WebAssembly.Module(bytes as BufferSource) };
  }
  return core;
}
