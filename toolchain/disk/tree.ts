// What a disk image holds: a flat list of paths. Folders above a path come into being with it.

export type Entry =
  | { readonly path: string; readonly kind: 'folder'; readonly mode?: number }
  | { readonly path: string; readonly kind: 'file'; readonly mode?: number; readonly bytes: Uint8Array }
  | { readonly path: string; readonly kind: 'symlink'; readonly target: string }
  /** Another name of a file of the list. */
  | { readonly path: string; readonly kind: 'link'; readonly to: string }
  | {
      readonly path: string;
      readonly kind: 'character' | 'block';
      readonly mode?: number;
      readonly major: number;
      readonly minor: number;
    };

/** Something that no disk image can hold, or not one of this size; the message names the path. */
export class DiskError extends Error {
  override name = 'DiskError';
}

/** A folder, with all that is in it, in the order of the names' bytes. */
export interface Folder {
  readonly entry: Entry;
  readonly children: Map<string, Node>;
}
export type Node = Folder | { readonly entry: Exclude<Entry, { kind: 'folder' }>; readonly children?: undefined };

const NAME_MAX = 255;
const ROOT: Entry = { path: '/', kind: 'folder' };

/** The devices that a UNIX system expects, with Linux's numbers. */
export const standardDevices: readonly Entry[] = [
  { path: '/dev/console', kind: 'character', major: 5, minor: 1, mode: 0o600 },
  { path: '/dev/null', kind: 'character', major: 1, minor: 3, mode: 0o666 },
  { path: '/dev/zero', kind: 'character', major: 1, minor: 5, mode: 0o666 },
  { path: '/dev/hda', kind: 'block', major: 3, minor: 0, mode: 0o600 },
];

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Order of bytes, not of a locale. */
export function compareNames(a: string, b: string): number {
  const [x, y] = [bytesOf(a), bytesOf(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i] - y[i];
  return x.length - y.length;
}

/**
 * The list as a tree.
 * @throws DiskError for a path that is not absolute, occurs twice, is too long or lies below something that is no
 * folder
 */
export function treeOf(entries: readonly Entry[]): Folder {
  const root: Folder = { entry: ROOT, children: new Map() };
  for (const entry of [...entries].sort((a, b) => compareNames(a.path, b.path))) {
    const names = namesOf(entry.path);
    let folder = root;
    names.slice(0, -1).forEach((name, depth) => {
      folder = folderIn(folder, name, `/${names.slice(0, depth + 1).join('/')}`);
    });
    const name = names[names.length - 1];
    const there = folder.children.get(name);
    if (there) throw new DiskError(`${entry.path}: occurs twice`);
    folder.children.set(name, entry.kind === 'folder' ? { entry, children: new Map() } : { entry });
  }
  return root;
}

function namesOf(path: string): string[] {
  const names = path.split('/');
  if (names.shift() !== '' || names.some((name) => name === '' || name === '.' || name === '..'))
    throw new DiskError(`${path}: a path must be absolute, without empty parts, '.' and '..'`);
  for (const name of names)
    if (bytesOf(name).length > NAME_MAX) throw new DiskError(`${path}: a name may have ${NAME_MAX} bytes`);
  return names;
}

function folderIn(parent: Folder, name: string, path: string): Folder {
  const there = parent.children.get(name);
  if (there === undefined) {
    const made: Folder = { entry: { path, kind: 'folder' }, children: new Map() };
    parent.children.set(name, made);
    return made;
  }
  if (there.children === undefined) throw new DiskError(`${path}: is no folder, and others lie in it`);
  return there;
}
