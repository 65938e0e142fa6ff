// ext2 on the disk (Card, Ts'o, Tweedie: Design and Implementation of the Second Extended Filesystem, 1994; offsets as in
// Linux's ext2_fs.h). Everything is little-endian and aligned.
//
//   block group:  [superblock  group descriptors]  block bitmap  inode bitmap  inode table  data ...
//
// The superblock lies at byte 1024 of the disk, the descriptors in the block behind it.

export const SUPER_AT: u32 = 1024;
export const SUPER_INODES: usize = 0;
export const SUPER_BLOCKS: usize = 4;
export const SUPER_RESERVED_BLOCKS: usize = 8;
export const SUPER_FREE_BLOCKS: usize = 12;
export const SUPER_FREE_INODES: usize = 16;
export const SUPER_FIRST_BLOCK: usize = 20;
export const SUPER_LOG_BLOCK: usize = 24;
export const SUPER_BLOCKS_PER_GROUP: usize = 32;
export const SUPER_INODES_PER_GROUP: usize = 40;
export const SUPER_WRITE_TIME: usize = 48;
export const SUPER_MAGIC: usize = 56;
export const SUPER_STATE: usize = 58;
export const SUPER_REVISION: usize = 76;
export const SUPER_FIRST_INODE: usize = 84;
export const SUPER_INODE_SIZE: usize = 88;
export const SUPER_INCOMPATIBLE: usize = 96;
export const SUPER_READ_ONLY: usize = 100;

export const MAGIC: u32 = 0xef53;
export const STATE_CLEAN: u16 = 1;
/** Directory entries say what they name; sparse superblocks and files above 2 GiB do not hurt. */
export const INCOMPATIBLE_FILE_TYPE: u32 = 2;
export const READ_ONLY_KNOWN: u32 = 1 | 2;

export const GROUP_SIZE: u32 = 32;
export const GROUP_BLOCK_BITMAP: usize = 0;
export const GROUP_INODE_BITMAP: usize = 4;
export const GROUP_INODE_TABLE: usize = 8;
export const GROUP_FREE_BLOCKS: usize = 12;
export const GROUP_FREE_INODES: usize = 14;
export const GROUP_DIRECTORIES: usize = 16;

export const INODE_MODE: usize = 0;
export const INODE_UID: usize = 2;
export const INODE_SIZE: usize = 4;
export const INODE_ACCESSED: usize = 8;
export const INODE_CHANGED: usize = 12;
export const INODE_MODIFIED: usize = 16;
export const INODE_DELETED: usize = 20;
export const INODE_GID: usize = 24;
export const INODE_LINKS: usize = 26;
export const INODE_SECTORS: usize = 28;
export const INODE_FLAGS: usize = 32;
export const INODE_MAP: usize = 40;
export const INODE_GENERATION: usize = 100;
export const INODE_ACL: usize = 104;

export const ROOT_INODE: u32 = 2;
/** Block numbers in an inode: direct ones, then one each of single, double and triple indirection. */
export const DIRECT: u32 = 12;
export const SINGLE: u32 = 12;
export const DOUBLE: u32 = 13;
/** A directory with an index that this kernel does not keep up. */
export const FLAG_INDEX: u32 = 0x1000;
