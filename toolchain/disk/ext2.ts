// An ext2 file system (revision 1, directory entries with file types) from a list of files: the same bytes for the same
// list, whoever makes it and when. Ownership is root's, all times are one fixed moment. Data are allotted in the order of the
// paths' bytes, one file behind the other, an indirect block before the blocks that it names.
import { DESCRIPTOR, type Ext2Options, Geometry, INODE_SIZE, SIZE_LIMITS } from './geometry.js';
import { compareNames, DiskError, type Entry, type Folder, type Node, treeOf } from './tree.js';

const MAGIC = 0xef53;
const ROOT_INODE = 2;
const FIRST_INODE = 11;
const INCOMPAT_FILETYPE = 2;
const DIRECT = 12;
/** 2005-06-09 00:00 UTC. */
const TIME = 1118275200;
const IDENTITY = 'crossings-disk-1';
const TYPES = { file: 1, folder: 2, character: 3, block: 4, symlink: 7 } as const;
const FORMATS = { file: 0o100000, folder: 0o040000, character: 0o020000, block: 0o060000, symlink: 0o120000 } as const;
const MODES = { file: 0o644, folder: 0o755, character: 0o600, block: 0o600, symlink: 0o777 } as const;
type Kind = keyof typeof TYPES;

interface Inode {
  readonly number: number;
  readonly kind: Kind;
  readonly entry: Entry;
  links: number;
  contents: Uint8Array;
}

/** @throws DiskError when the files do not fit, or are no tree */
export function makeExt2(entries: readonly Entry[], options: Ext2Options): Uint8Array {
  const { least, most } = SIZE_LIMITS;
  if (!Number.isInteger(options.sizeMiB) || options.sizeMiB < least || options.sizeMiB > most)
    throw new DiskError(`a disk has ${least} to ${most} MiB, not ${options.sizeMiB}`);
  return new Writer(treeOf([{ path: '/lost+found', kind: 'folder', mode: 0o700 }, ...entries]), options).write();
}

class Writer {
  private readonly g: Geometry;
  private readonly out: Uint8Array;
  private readonly view: DataView;
  private readonly inodes: Inode[] = [];
  private readonly byPath = new Map<string, Inode>();
  private readonly childInodes = new Map<Node, Inode>();
  /** The next block to allot, and the folders in each group. */
  private next: number;
  private readonly folders: number[];

  constructor(
    private readonly root: Folder,
    options: Ext2Options,
  ) {
    this.g = new Geometry(options);
    this.out = new Uint8Array(options.sizeMiB * 1024 * 1024);
    this.view = new DataView(this.out.buffer);
    this.next = this.g.start(0) + this.g.overhead;
    this.folders = new Array<number>(this.g.groups).fill(0);
  }

  write(): Uint8Array {
    this.number();
    for (const inode of this.inodes) this.writeInode(inode);
    this.writeGroups();
    return this.out;
  }

  /** Inode numbers in the order of the paths; then what links and folders need of them. */
  private number(): void {
    this.addInode(this.root, ROOT_INODE);
    const lost = this.root.children.get('lost+found') as Node;
    this.addInode(lost, FIRST_INODE);
    let number = FIRST_INODE + 1;
    const links: { node: Node; to: string }[] = [];
    const visit = (folder: Folder) => {
      for (const [, node] of sorted(folder)) {
        if (node === lost) continue;
        if (node.entry.kind === 'link') links.push({ node, to: node.entry.to });
        else this.addInode(node, number++);
        if (node.children) visit(node);
      }
    };
    visit(this.root);
    const most = this.g.inodesPerGroup * this.g.groups;
    if (number - 1 > most) throw new DiskError(`${number - 1} files do not fit: the disk has ${most} inodes`);
    for (const { node, to } of links) {
      const target = this.byPath.get(to);
      if (target?.kind !== 'file') throw new DiskError(`${node.entry.path}: a link to ${to}, which is no file`);
      target.links++;
      this.childInodes.set(node, target);
    }
    const fill = (folder: Folder, parent: Folder) => {
      const inode = this.childInodes.get(folder) as Inode;
      inode.contents = this.directory(folder, parent);
      for (const [, node] of sorted(folder)) {
        if (!node.children) continue;
        inode.links++;
        fill(node, folder);
      }
    };
    fill(this.root, this.root);
  }

  private addInode(node: Node, number: number): void {
    const { entry } = node;
    if (entry.kind === 'link') return;
    const contents =
      entry.kind === 'file'
        ? entry.bytes
        : entry.kind === 'symlink'
          ? new TextEncoder().encode(entry.target)
          : new Uint8Array(0);
    const inode: Inode = { number, kind: entry.kind, entry, links: entry.kind === 'folder' ? 2 : 1, contents };
    this.inodes.push(inode);
    this.byPath.set(entry.path, inode);
    this.childInodes.set(node, inode);
  }

  /** Entries fill blocks; the last one of a block reaches to its end. */
  private directory(folder: Folder, parent: Folder): Uint8Array {
    const { blockSize } = this.g;
    const inodeOf = (node: Node) => this.childInodes.get(node) as Inode;
    const list: [string, Inode][] = [
      ['.', inodeOf(folder)],
      ['..', inodeOf(parent)],
      ...sorted(folder).map(([name, node]): [string, Inode] => [name, inodeOf(node)]),
    ];
    const bytes: number[] = [];
    let last = 0;
    for (const [name, inode] of list) {
      const text = new TextEncoder().encode(name);
      const size = (8 + text.length + 3) & ~3;
      const room = blockSize - (bytes.length % blockSize);
      if (bytes.length > 0 && size > room && room < blockSize) {
        put16(bytes, last + 4, bytes.length + room - last);
        while (bytes.length % blockSize !== 0) bytes.push(0);
      }
      last = bytes.length;
      const { number } = inode;
      bytes.push(number & 255, (number >> 8) & 255, (number >> 16) & 255, number >>> 24);
      bytes.push(size & 255, size >> 8, text.length, TYPES[inode.kind], ...text);
      while (bytes.length < last + size) bytes.push(0);
    }
    const end = Math.ceil(bytes.length / blockSize) * blockSize;
    put16(bytes, last + 4, end - last);
    const out = new Uint8Array(end);
    out.set(bytes);
    return out;
  }

  private writeInode(inode: Inode): void {
    const { g, view } = this;
    const index = inode.number - 1;
    const group = Math.floor(index / g.inodesPerGroup);
    if (inode.kind === 'folder') this.folders[group]++;
    const table = (g.start(group) + 3 + g.descriptorBlocks) * g.blockSize;
    const at = table + (index % g.inodesPerGroup) * INODE_SIZE;
    const { entry, kind, contents } = inode;
    const mode = 'mode' in entry && entry.mode !== undefined ? entry.mode : MODES[kind];
    view.setUint16(at, FORMATS[kind] | mode, true);
    view.setUint32(at + 4, contents.length, true);
    for (const time of [8, 12, 16]) view.setUint32(at + time, TIME, true);
    view.setUint16(at + 26, inode.links, true);
    if (entry.kind === 'character' || entry.kind === 'block') {
      view.setUint32(at + 40, (entry.major << 8) | entry.minor, true);
      return;
    }
    // A short target lies where the block numbers would.
    if (kind === 'symlink' && contents.length < 60) {
      this.out.set(contents, at + 40);
      return;
    }
    view.setUint32(at + 28, (this.writeContents(inode, at + 40) * g.blockSize) / 512, true);
  }

  /** Contents, and the block numbers at `pointers` of the inode; returns the blocks used, indirect ones included. */
  private writeContents({ contents, entry }: Inode, pointers: number): number {
    const { blockSize } = this.g;
    const perBlock = blockSize / 4;
    const total = Math.ceil(contents.length / blockSize);
    if (total > DIRECT + perBlock + perBlock * perBlock) throw new DiskError(`${entry.path}: too large`);
    let used = 0;
    let done = 0;
    const take = () => {
      used++;
      return this.allot(entry.path);
    };
    const data = (slot: number) => {
      const block = take();
      this.view.setUint32(slot, block, true);
      this.out.set(contents.subarray(done * blockSize, (done + 1) * blockSize), block * blockSize);
      done++;
    };
    const indirect = (slot: number, fill: (slot: number) => void) => {
      const block = take();
      this.view.setUint32(slot, block, true);
      for (let i = 0; i < perBlock && done < total; i++) fill(block * blockSize + 4 * i);
    };
    for (let i = 0; i < DIRECT && done < total; i++) data(pointers + 4 * i);
    if (done < total) indirect(pointers + 4 * DIRECT, data);
    if (done < total) indirect(pointers + 4 * (DIRECT + 1), (slot) => indirect(slot, data));
    return used;
  }

  private allot(path: string): number {
    const { g } = this;
    const group = Math.floor((this.next - g.firstBlock) / g.blocksPerGroup);
    if (group > 0 && this.next === g.start(group)) this.next += g.overhead;
    if (this.next >= g.blocks) throw new DiskError(`${path}: no room left; the disk has ${this.out.length >> 20} MiB`);
    return this.next++;
  }

  private writeGroups(): void {
    const { g, out, view } = this;
    const used = new Set(this.inodes.map(({ number }) => number));
    for (let number = 1; number < FIRST_INODE; number++) used.add(number);
    let freeBlocks = 0;
    let freeInodes = 0;
    const descriptors = new Uint8Array(g.groups * DESCRIPTOR);
    const table = new DataView(descriptors.buffer);
    for (let group = 0; group < g.groups; group++) {
      const start = g.start(group);
      const bitmap = start + 1 + g.descriptorBlocks;
      const size = g.blocksIn(group);
      let free = 0;
      for (let i = 0; i < 8 * g.blockSize; i++) {
        const taken = i < g.overhead || i >= size || start + i < this.next;
        if (taken) out[bitmap * g.blockSize + (i >> 3)] |= 1 << (i & 7);
        else free++;
      }
      let spare = 0;
      for (let i = 0; i < 8 * g.blockSize; i++) {
        const taken = i >= g.inodesPerGroup || used.has(group * g.inodesPerGroup + i + 1);
        if (taken) out[(bitmap + 1) * g.blockSize + (i >> 3)] |= 1 << (i & 7);
        else spare++;
      }
      const at = group * DESCRIPTOR;
      [bitmap, bitmap + 1, bitmap + 2].forEach((block, i) => {
        table.setUint32(at + 4 * i, block, true);
      });
      [free, spare, this.folders[group]].forEach((count, i) => {
        table.setUint16(at + 12 + 2 * i, count, true);
      });
      freeBlocks += free;
      freeInodes += spare;
    }
    for (let group = 0; group < g.groups; group++) {
      const at = group === 0 ? 1024 : g.start(group) * g.blockSize;
      this.writeSuperblock(new DataView(view.buffer, at, 1024), group, freeBlocks, freeInodes);
      out.set(descriptors, (g.start(group) + 1) * g.blockSize);
    }
  }

  private writeSuperblock(s: DataView, group: number, freeBlocks: number, freeInodes: number): void {
    const { g } = this;
    const log = Math.log2(g.blockSize / 1024);
    const words: [at: number, value: number][] = [
      [0, g.inodesPerGroup * g.groups],
      [4, g.blocks],
      [8, 0],
      [12, freeBlocks],
      [16, freeInodes],
      [20, g.firstBlock],
      [24, log],
      [28, log],
      [32, g.blocksPerGroup],
      [36, g.blocksPerGroup],
      [40, g.inodesPerGroup],
      [48, TIME],
      [64, TIME],
      [76, 1],
      [84, FIRST_INODE],
      [96, INCOMPAT_FILETYPE],
      [264, TIME],
    ];
    for (const [at, value] of words) s.setUint32(at, value, true);
    s.setUint16(54, 0xffff, true);
    s.setUint16(56, MAGIC, true);
    s.setUint16(58, 1, true);
    s.setUint16(60, 1, true);
    s.setUint16(88, INODE_SIZE, true);
    s.setUint16(90, group, true);
    new TextEncoder().encodeInto(IDENTITY, new Uint8Array(s.buffer, s.byteOffset + 104, 16));
  }
}

function sorted(folder: Folder): [string, Node][] {
  return [...folder.children].sort(([a], [b]) => compareNames(a, b));
}

function put16(bytes: number[], at: number, value: number): void {
  bytes[at] = value & 255;
  bytes[at + 1] = value >> 8;
}
