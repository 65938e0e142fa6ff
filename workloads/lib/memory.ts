// Memory of a program: the kernel's calls, and an allocator over brk.
//
// The allocator keeps free blocks in one list in the order of their addresses, takes the first that fits and joins
// neighbours when a block comes back. A block is preceded by its size in bytes, head included.
import { CALL_BRK, CALL_MMAP2, CALL_MPROTECT, CALL_MSYNC, CALL_MUNMAP } from '../../kernels/lib/callnumbers';
import { systemCall1, systemCall2, systemCall3, systemCall6 } from './stubs';

export const PROT_NONE: u32 = 0;
export const PROT_READ: u32 = 1;
export const PROT_WRITE: u32 = 2;
export const PROT_EXEC: u32 = 4;
export const MAP_SHARED: u32 = 1;
export const MAP_PRIVATE: u32 = 2;
export const MAP_FIXED: u32 = 0x10;
export const MAP_ANONYMOUS: u32 = 0x20;

const HEAD: u32 = 8;
const GRAIN: u32 = 16;
const GROWTH: u32 = 64 * 1024;

/** A free block; the link lies where the user's bytes were. */
@unmanaged
class Block {
  size: u32;
  next: usize;
}

let free: usize = 0;
let end: usize = 0;

/** The address, or an error above 0xfffff000. `page`: offset in the file, in pages. */
export function map(address: usize, length: u32, protection: u32, flags: u32, fd: i32, page: u32): usize {
  return systemCall6(CALL_MMAP2, address, length, protection, flags, fd, page);
}

/** Fresh memory of its own, of which nothing is there before it is touched. */
export function zeros(length: u32): usize {
  return map(0, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

export function mapFailed(address: usize): bool {
  return address > 0xfffff000;
}

export function unmap(address: usize, length: u32): i32 {
  return systemCall2(CALL_MUNMAP, address, length);
}

export function protect(address: usize, length: u32, protection: u32): i32 {
  return systemCall3(CALL_MPROTECT, address, length, protection);
}

export function syncMap(address: usize, length: u32, flags: u32): i32 {
  return systemCall3(CALL_MSYNC, address, length, flags);
}

/** Sets the end of the data segment; returns what it is then. */
export function setBreak(address: usize): usize {
  return systemCall1(CALL_BRK, address);
}

/** Memory of at least `length` bytes, aligned to 8; 0 where there is no more. */
export function allocate(length: u32): usize {
  const size = max((length + HEAD + GRAIN - 1) & ~(GRAIN - 1), GRAIN);
  while (true) {
    let before: usize = 0;
    for (let at = free; at; at = changetype<Block>(at).next) {
      const block = changetype<Block>(at);
      if (block.size >= size) return take(before, block, size);
      before = at;
    }
    if (!grow(size)) return 0;
  }
}

function take(before: usize, block: Block, size: u32): usize {
  const at = changetype<usize>(block);
  let next = block.next;
  if (block.size > size) {
    next = at + size;
    changetype<Block>(next).size = block.size - size;
    changetype<Block>(next).next = block.next;
    block.size = size;
  }
  if (before) changetype<Block>(before).next = next;
  else free = next;
  return at + HEAD;
}

function grow(size: u32): bool {
  if (!end) end = (setBreak(0) + GRAIN - 1) & ~(GRAIN - 1);
  const more = (size + GROWTH - 1) & ~(GROWTH - 1);
  if (setBreak(end + more) != end + more) return false;
  const block = changetype<Block>(end);
  block.size = more;
  end += more;
  release(changetype<usize>(block) + HEAD);
  return true;
}

/** Gives back what `allocate` gave. */
export function release(address: usize): void {
  const at = address - HEAD;
  const block = changetype<Block>(at);
  let before: usize = 0;
  let next = free;
  while (next && next < at) {
    before = next;
    next = changetype<Block>(next).next;
  }
  block.next = next;
  if (next && at + block.size == next) {
    block.size += changetype<Block>(next).size;
    block.next = changetype<Block>(next).next;
  }
  if (!before) {
    free = at;
    return;
  }
  const previous = changetype<Block>(before);
  if (before + previous.size == at) {
    previous.size += block.size;
    previous.next = block.next;
  } else previous.next = at;
}
