// The project's disks, made of built images and declared files. A disk's file is named by the hash of its bytes' makers:
// the images' bytes, the declaration and the writer, so that a file that is there is the right one.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DiskDefinition, imagesOfDisk } from '../disk/definition.js';
import { makeExt2 } from '../disk/ext2.js';
import { compareNames, DiskError, type Entry } from '../disk/tree.js';
import { imageBytes, PROJECT_ROOT } from './images.js';

const DIST = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** A disk's bytes; its images must be built. @throws DiskError, Error when an image is not built */
export function diskBytes(d: DiskDefinition, root = PROJECT_ROOT): Uint8Array {
  const entries = d.entries.map((entry): Entry => {
    if (entry.kind !== 'image') return entry;
    return { path: entry.path, kind: 'file', mode: 0o755, bytes: imageBytes(entry.image, root) };
  });
  return makeExt2(entries, d);
}

/** Path of a disk's file, made when it is not there. */
export function diskPath(d: DiskDefinition, root = PROJECT_ROOT): string {
  const hash = createHash('sha256').update(JSON.stringify({ ...d, entries: d.entries.map(plain) }));
  for (const name of imagesOfDisk(d)) hash.update(imageBytes(name, root));
  for (const file of ['ext2.js', 'tree.js']) hash.update(readFileSync(join(DIST, 'toolchain/disk', file)));
  const path = join(root, 'build/disks', `${d.name}-${hash.digest('hex').slice(0, 16)}.img`);
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    const aside = `${path}.${process.pid}`;
    writeFileSync(aside, diskBytes(d, root));
    renameSync(aside, path);
  }
  return path;
}

const plain = (entry: object) =>
  'bytes' in entry ? { ...entry, bytes: Buffer.from(entry.bytes as Uint8Array).toString('base64') } : entry;

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
