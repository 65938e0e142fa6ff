// The project's disks, made of built images and declared files; and folders of this computer as what a disk holds.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DiskDefinition } from '../disk/definition.js';
import { makeExt2 } from '../disk/ext2.js';
import { compareNames, DiskError, type Entry } from '../disk/tree.js';
import { imageBytes, PROJECT_ROOT } from './images.js';

/** A disk's bytes; its images must be built. @throws DiskError, Error when an image is not built */
export function diskBytes(d: DiskDefinition, root = PROJECT_ROOT): Uint8Array {
  const entries = d.entries.map((entry): Entry => {
    if (entry.kind !== 'image') return entry;
    return { path: entry.path, kind: 'file', mode: 0o755, bytes: imageBytes(entry.image, root) };
  });
  return makeExt2(entries, d);
}

/**
 * A folder of this computer as a list: executables 755, other files 644, folders 755, symbolic links as they are.
 * @throws DiskError for what is neither file, folder nor symbolic link
 */
export function entriesOfFolder(folder: string): Entry[] {
  const found: Entry[] = [];
  const visit = (host: string, path: string) => {
    for (const item of readdirSync(host, { withFileTypes: true }).sort((a, b) => compareNames(a.name, b.name))) {
      const from = join(host, item.name);
      const to = `${path}/${item.name}`;
      if (item.isDirectory()) {
        found.push({ path: to, kind: 'folder' });
        visit(from, to);
      } else if (item.isSymbolicLink()) found.push({ path: to, kind: 'symlink', target: readlinkSync(from) });
      else if (item.isFile()) {
        const mode = statSync(from).mode & 0o100 ? 0o755 : 0o644;
        found.push({ path: to, kind: 'file', mode, bytes: new Uint8Array(readFileSync(from)) });
      } else throw new DiskError(`${from}: neither a file, a folder nor a symbolic link`);
    }
  };
  visit(folder, '');
  return found;
}
