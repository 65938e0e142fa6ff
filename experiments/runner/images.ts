/** The built core and images, loaded once a process. */
import { coreBytes } from '../../toolchain/driver/core.js';
import { imageBytes as builtImage } from '../../toolchain/driver/images.js';

const images = new Map<string, Uint8Array>();
let core: WebAssembly.Module | undefined;

/** @throws Error when there is no such image, or it is not built */
export function imageBytes(name: string): Uint8Array {
  let bytes = images.get(name);
  if (bytes === undefined) {
    bytes = builtImage(name);
    images.set(name, bytes);
  }
  return bytes;
}

export function coreModule(): WebAssembly.Module {
  core ??= new WebAssembly.Module(coreBytes() as BufferSource);
  return core;
}

export { coreBytes };
