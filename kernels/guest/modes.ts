// What a file's mode allows. Everybody is the superuser, who may do anything but execute what nobody may.
import { EACCES } from '../lib/callnumbers';
import { S_IFREG } from '../lib/unix';
import { Inode, typeOf } from './inode';

export function mayExecute(inode: Inode): i32 {
  return typeOf(inode) == S_IFREG && inode.mode & 0x49 ? 0 : -EACCES;
}
