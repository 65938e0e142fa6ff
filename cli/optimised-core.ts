import { setFlagsFromString } from 'node:v8';
import { buildCore } from '../toolchain/driver/core.js';

const NOTHING_QUICKLY = ['--no-liftoff', '--no-wasm-lazy-compilation', '--no-wasm-dynamic-tiering'];
/** Node 20 inlines nothing unless told to; later ones have other names for it, and decide by what was called before. */
const INLINING = process.versions.node.startsWith('20.') ? ['--wasm-inlining'] : [];

/**
 * The core, by V8's optimising compiler at once. Else each function starts in code that was compiled quickly, and what is
 * seldom, such as a page fault, stays there for its first hundred thousand times. Short functions go into their callers,
 * which a page fault and random reads gain 6 to 8 % by. All of it takes half a second of the start.
 *
 * In one go: while a module compiles eagerly in the background, nothing tells Node 24 that there is something to wait for.
 */
export async function optimisedCore(): Promise<WebAssembly.Module> {
  for (const flag of [...NOTHING_QUICKLY, ...INLINING]) setFlagsFromString(flag);
  return new WebAssembly.Module((await buildCore()) as BufferSource);
}
