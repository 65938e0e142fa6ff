// The ELF note `crossings`, type 1: JSON that tells an observer where hook symbols, the current-thread word and the
// component table lie. It is not loaded into memory.
import { LinkError } from './chunk.js';
import type { LinkedImage } from './link.js';

const NAME = 'crossings';
const TYPE = 1;

export function noteOf(image: LinkedImage): Uint8Array {
  const { definition: d } = image;
  const address = (field: 'currentThread' | 'components' | 'componentCount'): number | undefined => {
    const name = d[field];
    if (name === undefined) return undefined;
    const symbol = image.symbols.find((s) => s.name === name && s.global);
    if (!symbol) throw new LinkError(`image '${d.name}': ${field} names '${name}', which is no exported symbol`);
    return symbol.address;
  };
  const text = JSON.stringify({
    name: d.name,
    kind: d.kind,
    hooks: image.hooks,
    currentThread: address('currentThread'),
    components: address('components'),
    componentCount: address('componentCount'),
  });
  return note(NAME, TYPE, new TextEncoder().encode(text));
}

/** Name and description are each padded to four bytes; the name's size counts its terminating zero. */
function note(name: string, type: number, description: Uint8Array): Uint8Array {
  const nameBytes = new TextEncoder().encode(`${name}\0`);
  const padded = (n: number) => (n + 3) & ~3;
  const out = new Uint8Array(12 + padded(nameBytes.length) + padded(description.length));
  const view = new DataView(out.buffer);
  view.setUint32(0, nameBytes.length, true);
  view.setUint32(4, description.length, true);
  view.setUint32(8, type, true);
  out.set(nameBytes, 12);
  out.set(description, 12 + padded(nameBytes.length));
  return out;
}
