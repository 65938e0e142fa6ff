// A disk of the project: files from built images and from texts, declared in a `stubs/disks.ts` and built like images.
import type { Entry } from './tree.js';

/** A file whose contents are a built image's, as an executable. */
export interface ImageEntry {
  readonly path: string;
  readonly kind: 'image';
  readonly image: string;
}

export interface DiskDefinition {
  /** Lower-case letters, digits, hyphens. */
  readonly name: string;
  readonly sizeMiB: number;
  readonly blockSize?: 1024 | 2048 | 4096;
  readonly entries: readonly (Entry | ImageEntry)[];
}

export function defineDisk(d: DiskDefinition): DiskDefinition {
  if (!/^[a-z0-9-]+$/.test(d.name)) throw new Error(`disk '${d.name}': the name must be lower-case letters, digits, -`);
  return d;
}

/** A text as a file. */
export function textFile(path: string, text: string, mode = 0o644): Entry {
  return { path, kind: 'file', bytes: new TextEncoder().encode(text), mode };
}

export function imagesOfDisk(d: DiskDefinition): string[] {
  return [...new Set(d.entries.flatMap((entry) => (entry.kind === 'image' ? [entry.image] : [])))].sort();
}
