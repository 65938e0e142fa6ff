// The driver server: the e1000 driver of kernels/lib in ring 3. Registers are mapped by the root task, ports of the PCI
// configuration granted, the interrupt comes as IPC. Programs put frames into a buffer that this server maps to them; a
// request is one IPC for a batch, answered when the frames are out.
//
//   request   label 146, MR1 = number of frames, MR2 up = their lengths; frame i lies at i * 2048 in the buffer
//   answer    MR1 = bytes sent
//
// The server's memory is mapped address = frame, so that its addresses are those of DMA: first the ring, then the
// buffer.
import { CALL_WRITEV, EINVAL } from '../../kernels/lib/callnumbers';
import {
  E1000,
  E1000_IDENTIFICATION,
  e1000Acknowledge,
  e1000Completed,
  e1000Init,
  e1000Queue,
  e1000Start,
} from '../../kernels/lib/e1000';
import { __work_packet } from '../../kernels/lib/hooks';
import {
  COMMAND_MASTER,
  COMMAND_MEMORY,
  PCI_BAR0,
  PCI_COMMAND,
  PCI_INTERRUPT,
  pciFind,
  pciRead,
  pciWrite,
} from '../../kernels/lib/pci';
import {
  ALL_RIGHTS,
  ANY,
  COMPLETE,
  call,
  fpage,
  globalId,
  l4Init,
  mr,
  NEVER,
  NIL,
  ROOT,
  setAcceptor,
  setMapItem,
  setMr,
  tag,
} from './l4';
import { DEVICE_WINDOW, DRIVER_ATTACH, DRIVER_MEMORY, ROOT_DEVICE, ROOT_INTERRUPT, ROOT_PORTS } from './protocol';
import { ipc } from './stubs';

const BUFFER: u32 = DRIVER_MEMORY + 0x8000;
const BUFFER_SHIFT: u32 = 15;
const FRAME_SHIFT: u32 = 11;
const FRAME_BYTES: u32 = 2048;
const FRAMES: u32 = 16;

const card: usize = memory.data(16, 4);
let line: u32 = NIL;

export function main(): void {
  l4Init();
  setAcceptor(COMPLETE);
  setMr(0, tag(ROOT_PORTS, 0, 0));
  call(ROOT);
  const present = attach();
  setAcceptor(0);
  let to = NIL;
  for (;;) {
    const from = ipc(to, ANY, NEVER);
    to = present ? (serve(mr(0) >> 16) ? from : NIL) : NIL;
  }
}

/** Finds the card, gets its registers and its interrupt; false: there is none. */
function attach(): bool {
  const device = pciFind(E1000_IDENTIFICATION);
  if (device == 32) return false;
  setMr(0, tag(ROOT_DEVICE, 1, 0));
  setMr(1, pciRead(device, PCI_BAR0) & ~15);
  call(ROOT);
  pciWrite(device, PCI_COMMAND, pciRead(device, PCI_COMMAND) | COMMAND_MEMORY | COMMAND_MASTER);
  e1000Init(changetype<E1000>(card), DEVICE_WINDOW, DRIVER_MEMORY, DRIVER_MEMORY);
  const interrupt = pciRead(device, PCI_INTERRUPT) & 0xff;
  setMr(0, tag(ROOT_INTERRUPT, 1, 0));
  setMr(1, interrupt);
  call(ROOT);
  line = globalId(interrupt);
  return true;
}

/** Puts the answer into the UTCB; false: none. */
function serve(label: u32): bool {
  if (label == DRIVER_ATTACH) {
    setMr(0, tag(0, 0, 2));
    setMapItem(1, 0, fpage(BUFFER, BUFFER_SHIFT, ALL_RIGHTS));
    return true;
  }
  if (label != CALL_WRITEV) return false;
  const result = transmit(mr(1));
  setMr(0, tag(0, 1, 0));
  setMr(1, result);
  return true;
}

/** Sends `count` frames and waits until they are out. A call to the line's thread unmasks it and waits for it. */
function transmit(count: u32): i32 {
  const nic = changetype<E1000>(card);
  if (count > FRAMES) return -EINVAL;
  let bytes: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const length = mr(2 + i);
    if (length > FRAME_BYTES) return -EINVAL;
    __work_packet();
    e1000Queue(nic, BUFFER + (i << FRAME_SHIFT), length);
    bytes += length;
  }
  e1000Start(nic);
  for (let done: u32 = 0; done < count; ) {
    setMr(0, 0);
    ipc(line, line, NEVER);
    e1000Acknowledge(nic);
    done += e1000Completed(nic);
  }
  return bytes;
}
