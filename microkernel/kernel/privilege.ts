// Who may call the privileged system calls: the spaces that the kernel itself starts (L4 X.2, "Initial Servers").
import { Space } from './space';

let first: usize = 0;
let second: usize = 0;

export function setPrivileged(sigma0: Space, root: Space): void {
  first = changetype<usize>(sigma0);
  second = changetype<usize>(root);
}

export function isPrivileged(space: Space): bool {
  return changetype<usize>(space) == first || changetype<usize>(space) == second;
}
