// Descriptors at their places.
import { close, dup2 } from '../lib/files';

export function move(fd: u32, to: u32): void {
  if (fd == to) return;
  dup2(fd, to);
  close(fd);
}
