// ThreadControl, ExchangeRegisters, ThreadSwitch, Schedule (L4 X.2). Error codes are those of the manual: 1 no
// privilege, 2 invalid thread, 3 invalid space, 4 invalid scheduler, 6 UTCB area, 8 out of memory.
import { componentCreate, componentRemove, KIND_PROGRAM } from '../../kernels/lib/components';
import { TRAP_FRAME_SIZE } from '../../kernels/lib/trapframe';
import { attachInterrupt } from './interrupt';
import { abandon, cancel } from './ipc';
import { SELECTOR_USER_CODE, SELECTOR_USER_DATA, USER_FLAGS, USER_FLAGS_MASK, UTCB_REGISTERS } from './layout';
import { unmapAll } from './mapping';
import { utcbCreate } from './pages';
import { ioMapFree } from './ports';
import { isPrivileged } from './privilege';
import { DEFAULT_PRIORITY, dequeue, dispatch, enqueue, switchDirectly, yieldProcessor } from './schedule';
import { Space, spaceCreate, spaceFree, utcbFits } from './space';
import {
  block,
  current,
  EXIT_IRET,
  KERNEL_INTERRUPTS,
  lookup,
  NIL_THREAD,
  register,
  STATE_HALTED,
  STATE_INACTIVE,
  STATE_READY,
  STATE_WAITING_START,
  setRegister,
  TCR_ERROR,
  TCR_GLOBAL_ID,
  TCR_PAGER,
  TCR_USER_HANDLE,
  Tcb,
  THREADS,
  threadNumber,
  USER_BASE,
} from './tcb';

export const ERROR_PRIVILEGE: u32 = 1;
export const ERROR_THREAD: u32 = 2;
export const ERROR_SPACE: u32 = 3;
export const ERROR_UTCB: u32 = 6;
export const ERROR_MEMORY: u32 = 8;
const UNCHANGED: u32 = 0xffffffff;

/** Result 0 and the reason in the error TCR. */
export function refuse(error: u32): void {
  setRegister(current(), TCR_ERROR, error);
  current().frame.eax = 0;
}

/** EAX dest, ECX pager, EDX scheduler, ESI space, EDI UTCB location. */
export function threadControl(): void {
  const frame = current().frame;
  if (!isPrivileged(current().space)) return refuse(ERROR_PRIVILEGE);
  const error = control(frame.eax, frame.esi, frame.edx, frame.ecx, frame.edi);
  if (error) return refuse(error);
  frame.eax = 1;
}

/** Creates, changes or deletes a thread; 0 or the error. */
export function control(id: u32, spaceId: u32, scheduler: u32, pager: u32, utcb: u32): u32 {
  const n = threadNumber(id);
  if (!(id & 0x3f) || n >= THREADS) return ERROR_THREAD;
  if (n < KERNEL_INTERRUPTS) return attachInterrupt(n, pager == id ? NIL_THREAD : pager) ? 0 : ERROR_THREAD;
  if (n < USER_BASE) return ERROR_THREAD;
  const t = block(n);
  if (spaceId == NIL_THREAD) {
    if (t == current() || t.globalId != id) return ERROR_THREAD;
    destroy(t);
    return 0;
  }
  if (!t.globalId) {
    const error = create(t, id, spaceId, scheduler);
    if (error) return error;
  } else if (t.globalId != id) return ERROR_THREAD;
  if (utcb != UNCHANGED) {
    if (t.state != STATE_INACTIVE || !utcbFits(t.space, utcb)) return ERROR_UTCB;
    t.localId = utcb + UTCB_REGISTERS;
  }
  if (scheduler != NIL_THREAD) t.scheduler = scheduler;
  if (pager == NIL_THREAD) return 0;
  if (t.state != STATE_INACTIVE) {
    setRegister(t, TCR_PAGER, pager);
    return 0;
  }
  return activate(t, pager);
}

function create(t: Tcb, id: u32, spaceId: u32, scheduler: u32): u32 {
  if (scheduler == NIL_THREAD) return ERROR_THREAD;
  let space: Space | null = null;
  if (spaceId == id) {
    space = spaceCreate(threadNumber(id));
    if (!space) return ERROR_MEMORY;
  } else {
    const other = lookup(spaceId);
    if (!other || threadNumber(spaceId) < USER_BASE) return ERROR_SPACE;
    space = other.space;
  }
  memory.fill(changetype<usize>(t), 0, offsetof<Tcb>());
  t.globalId = id;
  t.space = space;
  t.directory = space.directory;
  t.ioMap = space.ioMap;
  t.priority = DEFAULT_PRIORITY;
  t.slice = 1;
  space.threads++;
  return 0;
}

/** Gives the thread its UTCB and lets it wait for the start message of its pager: MR1 = EIP, MR2 = ESP. */
function activate(t: Tcb, pager: u32): u32 {
  const location = t.localId - UTCB_REGISTERS;
  if (!t.localId || !utcbFits(t.space, location)) return ERROR_UTCB;
  t.utcb = utcbCreate(t.space, location);
  if (!t.utcb) return ERROR_MEMORY;
  setRegister(t, TCR_GLOBAL_ID, t.globalId);
  setRegister(t, TCR_PAGER, pager);
  const frame = t.frame;
  memory.fill(changetype<usize>(frame), 0, TRAP_FRAME_SIZE);
  frame.cs = SELECTOR_USER_CODE;
  frame.ss = SELECTOR_USER_DATA;
  frame.eflags = USER_FLAGS;
  t.exit = EXIT_IRET;
  t.partner = pager;
  t.state = STATE_WAITING_START;
  announce(t);
  return 0;
}

/** The record of the component table: by the name the space was given (ComponentName), else `thread`. */
function announce(t: Tcb): void {
  const space = t.space;
  const kind = space.kind ? space.kind : KIND_PROGRAM;
  componentCreate(changetype<usize>(t), space.id, kind, space.image, changetype<usize>(space.name));
}

function destroy(t: Tcb): void {
  abandon(t);
  dequeue(t);
  if (t.utcb) componentRemove(changetype<usize>(t));
  const space = t.space;
  t.globalId = 0;
  t.state = STATE_INACTIVE;
  t.deadline = 0;
  if (--space.threads) return;
  unmapAll(space);
  ioMapFree(space.ioMap);
  spaceFree(space);
}

// ExchangeRegisters: EAX dest, ECX control, EDX SP, ESI IP, EDI flags, EBX handle, EBP pager; the results are the old
// values in the same registers. Control: H=1 R=2 S=4 s=8 i=10h f=20h u=40h p=80h h=100h d=200h.
const CONTROL_HALT: u32 = 0x1;
const CONTROL_CANCEL: u32 = 0x6;
const CONTROL_SP: u32 = 0x8;
const CONTROL_IP: u32 = 0x10;
const CONTROL_FLAGS: u32 = 0x20;
const CONTROL_HANDLE: u32 = 0x40;
const CONTROL_PAGER: u32 = 0x80;
const CONTROL_HALT_VALID: u32 = 0x100;

/** Allowed to the threads of the same space and to the pager. */
export function exchangeRegisters(): void {
  const me = current();
  const args = me.frame;
  const t = lookup(args.eax);
  if (!t || !t.utcb || threadNumber(args.eax) < USER_BASE) return refuse(ERROR_THREAD);
  if (t.space != me.space && register(t, TCR_PAGER) != me.globalId) return refuse(ERROR_THREAD);
  const frame = t.frame;
  const todo = args.ecx;
  const sp = frame.esp;
  const ip = frame.eip;
  const flags = frame.eflags;
  const handle = register(t, TCR_USER_HANDLE);
  const pager = register(t, TCR_PAGER);
  const halted = t.state == STATE_HALTED ? CONTROL_HALT : 0;
  if (t != me) {
    if (todo & CONTROL_CANCEL) {
      cancel(t);
      if (t.state == STATE_READY) enqueue(t);
    }
    if (todo & CONTROL_HALT_VALID) setHalted(t, (todo & CONTROL_HALT) != 0);
    if (todo & (CONTROL_SP | CONTROL_IP | CONTROL_FLAGS)) t.exit = EXIT_IRET;
    frame.cs = SELECTOR_USER_CODE;
    frame.ss = SELECTOR_USER_DATA;
    if (todo & CONTROL_FLAGS) frame.eflags = USER_FLAGS | (args.edi & USER_FLAGS_MASK);
    else frame.eflags = USER_FLAGS | (flags & USER_FLAGS_MASK);
    if (todo & CONTROL_SP) frame.esp = args.edx;
    if (todo & CONTROL_IP) frame.eip = args.esi;
  }
  if (todo & CONTROL_HANDLE) setRegister(t, TCR_USER_HANDLE, args.ebx);
  if (todo & CONTROL_PAGER) setRegister(t, TCR_PAGER, args.ebp);
  args.ecx = halted;
  args.edx = sp;
  args.esi = ip;
  args.edi = flags;
  args.ebx = handle;
  args.ebp = pager;
}

function setHalted(t: Tcb, halt: bool): void {
  if (halt && t.state == STATE_READY) t.state = STATE_HALTED;
  else if (!halt && t.state == STATE_HALTED) {
    t.state = STATE_READY;
    enqueue(t);
  }
}

/** EAX dest; nil: whoever is next. */
export function threadSwitch(): void {
  const t = lookup(current().frame.eax);
  if (t && t.state == STATE_READY) switchDirectly(t);
  else yieldProcessor();
}

/** EAX dest, EDX time control, ESI processor control, ECX priority, EDI preemption control. Only priority counts. */
export function schedule(): void {
  const frame = current().frame;
  const t = lookup(frame.eax);
  if (!t || threadNumber(frame.eax) < USER_BASE) return refuse(ERROR_THREAD);
  const scheduler = lookup(t.scheduler);
  if (!scheduler || scheduler.space != current().space) return refuse(ERROR_PRIVILEGE);
  if (frame.ecx <= 255) {
    const queued = t.queued;
    dequeue(t);
    t.priority = frame.ecx;
    if (queued) enqueue(t);
  }
  frame.eax = t.state == STATE_READY ? 3 : 4;
  dispatch(null);
}
