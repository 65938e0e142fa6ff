// Where things lie on an ext2 file system, from its options alone. Each group of 8 x block size blocks:
//
//   | superblock | group descriptors | block bitmap | inode bitmap | inode table | data ... |
//
// (on 1 KiB blocks, block 0 is the boot block and group 0 starts at block 1).

export interface Ext2Options {
  /** 1 to 2048. */
  readonly sizeMiB: number;
  /** 1024 by default. */
  readonly blockSize?: 1024 | 2048 | 4096;
  /** One inode for so many bytes of the disk; 4096 by default. */
  readonly bytesPerInode?: number;
}

export const SIZE_LIMITS = { least: 1, most: 2048 } as const;

export const INODE_SIZE = 128;
/** Bytes of a group's descriptor. */
export const DESCRIPTOR = 32;

/** Sizes and places that follow from the options alone. */
export class Geometry {
  readonly blockSize: number;
  readonly blocks: number;
  readonly firstBlock: number;
  readonly blocksPerGroup: number;
  readonly groups: number;
  readonly inodesPerGroup: number;
  readonly descriptorBlocks: number;
  readonly tableBlocks: number;

  constructor({ sizeMiB, blockSize = 1024, bytesPerInode = 4096 }: Ext2Options) {
    this.blockSize = blockSize;
    const bytes = sizeMiB * 1024 * 1024;
    this.blocks = bytes / blockSize;
    this.firstBlock = blockSize === 1024 ? 1 : 0;
    this.blocksPerGroup = 8 * blockSize;
    this.groups = Math.ceil((this.blocks - this.firstBlock) / this.blocksPerGroup);
    const inodesPerBlock = blockSize / INODE_SIZE;
    const wanted = Math.ceil(Math.max(bytes / bytesPerInode, 16) / this.groups);
    this.tableBlocks = Math.ceil(wanted / inodesPerBlock);
    this.inodesPerGroup = this.tableBlocks * inodesPerBlock;
    this.descriptorBlocks = Math.ceil((this.groups * DESCRIPTOR) / blockSize);
    // A last group with no room for data is left out.
    if (this.groups > 1 && this.blocksIn(this.groups - 1) < this.overhead + 50) {
      this.groups--;
      this.blocks = this.firstBlock + this.groups * this.blocksPerGroup;
    }
  }

  start(group: number): number {
    return this.firstBlock + group * this.blocksPerGroup;
  }

  blocksIn(group: number): number {
    return Math.min(this.blocks - this.start(group), this.blocksPerGroup);
  }

  /** Blocks of a group that hold no data. */
  get overhead(): number {
    return 1 + this.descriptorBlocks + 2 + this.tableBlocks;
  }
}
