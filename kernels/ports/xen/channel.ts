// The channel between a program of this domain and one of the other: fds 3 and 4. Three pages of the guest domain, mapped by
// domain 0 for good: a page of control words, and a page for each direction. A message lies in its page until all of it
// has been read; the length says that it is there. Each side notifies the other by an event when it has written, and,
// if the other waits for room, when it has read.
//
//   control page, for each direction: +0 length (0: empty)   +4 the writer waits

import { clearPage } from '../../lib/bytes';
import { EFAULT } from '../../lib/callnumbers';
import { allocateFrame } from '../../lib/frames';
import { vload32, vstore32 } from '../../lib/x86';
import { sleepOn, wakeAll } from '../guest/stubs';
import { idle, listen } from './events';
import { REMOTE_CHANNEL } from './fixmap';
import { grant, mapGranted, newReference } from './grants';
import { allocUnbound, bindInterdomain, send } from './hypercalls';
import { KERNEL_BASE, machineOf } from './memory';
import {
  connectDevice,
  DEVICE_port,
  DEVICE_references,
  DEVICE_state,
  DOMAIN_0,
  DOMAIN_U,
  STATE_CLOSED,
  STATE_CONNECTED,
  STORE_CHANNEL,
  setStoreWord,
  storeWord,
} from './store';
import { copyFromUser, copyToUser } from './stubs';

const PAGES: u32 = 3;
const SIZE: u32 = 4096;
const DIRECTION: u32 = 64;
const LENGTH: u32 = 0;
const WAITS: u32 = 4;

const waiting: usize = memory.data(4, 4);
let port: u32 = 0;
/** Control words and data of what this side writes, and of what it reads; how much of a message was read. */
let outControl: usize = 0;
let outData: usize = 0;
let inControl: usize = 0;
let inData: usize = 0;
let taken: u32 = 0;

export function channelConnected(): bool {
  return port != 0;
}

/** The guest's side: makes the pages, and waits until domain 0 has mapped them. */
export function channelOffer(): void {
  const pages = memory.data(12, 4);
  for (let i: u32 = 0; i < PAGES; i++) {
    const page = KERNEL_BASE + allocateFrame();
    clearPage(page);
    store<u32>(pages + (i << 2), page);
    const reference = newReference();
    grant(reference, DOMAIN_0, machineOf(page), 0);
    setStoreWord(STORE_CHANNEL + DEVICE_references + (i << 2), reference);
  }
  port = allocUnbound(DOMAIN_0);
  listen(port, rang.index);
  setStoreWord(STORE_CHANNEL + DEVICE_port, port);
  use(load<u32>(pages), load<u32>(pages, 4), load<u32>(pages, 8), 0);
  if (!connectDevice(STORE_CHANNEL)) unreachable();
}

/** Domain 0's side: the guest has offered its pages. */
export function channelAccept(): void {
  let mapped = true;
  for (let i: u32 = 0; i < PAGES; i++) {
    const reference = storeWord(STORE_CHANNEL + DEVICE_references + (i << 2));
    if (!mapGranted(REMOTE_CHANNEL + (i << 12), DOMAIN_U, reference)) mapped = false;
  }
  const bound = mapped ? bindInterdomain(DOMAIN_U, storeWord(STORE_CHANNEL + DEVICE_port)) : -1;
  if (bound > 0) {
    port = bound;
    use(REMOTE_CHANNEL, REMOTE_CHANNEL + 2 * SIZE, REMOTE_CHANNEL + SIZE, DIRECTION);
    listen(port, rang.index);
  }
  setStoreWord(STORE_CHANNEL + DEVICE_state, port ? STATE_CONNECTED : STATE_CLOSED);
}

/** Domain 0 starts its programs only when the channel is there. */
export function channelAwait(): void {
  while (!port) idle();
}

function use(control: usize, out: usize, into: usize, ownDirection: u32): void {
  outControl = control + ownDirection;
  inControl = control + (DIRECTION - ownDirection);
  outData = out;
  inData = into;
}

function rang(): void {
  wakeAll(waiting);
}

/** Waits for a message, or the rest of one. */
export function channelRead(to: u32, length: u32): i32 {
  let available = vload32(inControl + LENGTH);
  while (!available) {
    sleepOn(waiting);
    available = vload32(inControl + LENGTH);
  }
  // The other side wrote that number: it must not lead beyond the page.
  if (available > SIZE || taken >= available) return -EFAULT;
  const piece = min(length, available - taken);
  if (copyToUser(to, inData + taken, piece) < 0) return -EFAULT;
  taken += piece;
  if (taken == available) {
    taken = 0;
    vstore32(inControl + LENGTH, 0);
    if (vload32(inControl + WAITS)) send(port);
  }
  return piece;
}

/** Writes all of it, a page at a time, waiting for room. */
export function channelWrite(from: u32, length: u32): i32 {
  let done: u32 = 0;
  while (done < length) {
    while (vload32(outControl + LENGTH)) {
      vstore32(outControl + WAITS, 1);
      if (vload32(outControl + LENGTH)) sleepOn(waiting);
    }
    vstore32(outControl + WAITS, 0);
    const piece = min(length - done, SIZE);
    if (copyFromUser(outData, from + done, piece) < 0) return -EFAULT;
    vstore32(outControl + LENGTH, piece);
    send(port);
    done += piece;
  }
  return done;
}
