import { setFlagsFromString } from 'node:v8';
import { buildCore } from '../toolchain/driver/core.js';

/**
 * The core, by V8's optimising compiler at once. Else each function starts in code that was compiled quickly, and what is
 * seldom, such as a page fault, stays there for its first hundred thousand times. It takes 0.2 s of the start.
 */
export async function optimisedCore(): Promise<WebAssembly.Module> {
  for (const flag of ['--no-liftoff', '--no-wasm-lazy-compilation', '--no-wasm-dynamic-tiering'])
    setFlagsFromString(flag);
  return WebAssembly.compile((await buildCore()) as BufferSource);
}
