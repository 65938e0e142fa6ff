// Waiting for children.
import { ECHILD, EFAULT, EINVAL } from '../lib/callnumbers';
import { WNOHANG, WUNTRACED } from '../lib/unix';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyToUser } from '../ports/port';
import { HZ } from './clock';
import { bury } from './exit';
import { MAX_PROCESSES, processNumber, RESTART_IF_ASKED } from './process';
import { waitOn } from './schedule';
import { callFrame, interrupted } from './signal';
import { Process } from './task';
import { self } from './thread';

const STATUS_CONTINUED: u32 = 0xffff;
const WCONTINUED: u32 = 8;

function isWanted(process: Process, child: Process, which: i32): bool {
  if (!child.pid || child.parent != process) return false;
  if (which > 0) return child.pid == which;
  if (which == -1) return true;
  return child.group == <u32>(which ? -which : process.group);
}

/** wait4(which, status, options, usage) */
export function sysWait4(which: u32, status: u32, options: u32): i32 {
  return waitFor(which, status, options, callFrame().esi);
}

/** waitpid(which, status, options) */
export function sysWaitpid(which: u32, status: u32, options: u32): i32 {
  return waitFor(which, status, options, 0);
}

function waitFor(which: i32, status: u32, options: u32, usage: u32): i32 {
  if (options & ~(WNOHANG | WUNTRACED | WCONTINUED)) return -EINVAL;
  const process = self().process;
  let signalCame: bool = false;
  while (true) {
    let children: u32 = 0;
    for (let i: u32 = 0; i < MAX_PROCESSES; i++) {
      const child = processNumber(i);
      if (!isWanted(process, child, which)) continue;
      children++;
      if (child.dead) return collect(process, child, status, usage);
      if (!child.report) continue;
      if (!(options & (child.report == STATUS_CONTINUED ? WCONTINUED : WUNTRACED))) continue;
      const reported = child.report;
      child.report = 0;
      return putStatus(status, reported) ? child.pid : -EFAULT;
    }
    if (!children) return -ECHILD;
    if (options & WNOHANG) return 0;
    // A child that has ended counts before the signal that says so.
    if (signalCame) return interrupted(RESTART_IF_ASKED);
    signalCame = waitOn(changetype<usize>(process) + offsetof<Process>('childQueue'));
  }
}

function putStatus(to: u32, status: u32): bool {
  const at = stackSlot(4);
  store<u32>(at, status);
  return !to || (userRange(to, 4) && copyToUser(to, at, 4) == 0);
}

function collect(process: Process, child: Process, status: u32, usage: u32): i32 {
  const pid = child.pid;
  const result = child.status;
  const spent = child.ticks + child.childTicks;
  process.childTicks += spent;
  bury(child);
  return putStatus(status, result) && (!usage || putUsage(usage, spent)) ? pid : -EFAULT;
}

/** struct rusage: the time, and zeros. */
function putUsage(to: u32, spent: u32): bool {
  const at = stackSlot(72);
  memory.fill(at, 0, 72);
  store<u32>(at, spent / HZ);
  store<u32>(at, (spent % HZ) * (1000000 / HZ), 4);
  return userRange(to, 72) && copyToUser(to, at, 72) == 0;
}
