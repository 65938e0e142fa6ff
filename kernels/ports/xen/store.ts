// What this port has instead of XenStore: one page of words in the guest domain's memory, mapped by domain 0 too, and an
// event channel between the two kernels, both made by the domain builder. The guest writes what the other side needs to
// connect a device, then its state, and rings; domain 0 connects, answers in the state, and rings.

import { vload32, vstore32 } from '../../lib/x86';
import { GRANT_REF_STORE } from '../../lib/xen/grants';
import { isPrivileged, startInfo } from './boot';
import { idle, listen } from './events';
import { REMOTE_STORE } from './fixmap';
import { mapGranted } from './grants';
import { send } from './hypercalls';
import { KERNEL_BASE, toPhysical } from './memory';

export const DOMAIN_0: u32 = 0;
export const DOMAIN_U: u32 = 1;

/** Words of the page: for each of the two devices a state, a port, and up to three grant references; the ping words. */
export const STORE_VIF: u32 = 0;
export const STORE_CHANNEL: u32 = 32;
export const STORE_PING: u32 = 64;
export const DEVICE_state: u32 = 0;
export const DEVICE_port: u32 = 4;
export const DEVICE_references: u32 = 8;

/** As XenbusState: the frontend has written its words; the backend has connected; it cannot. */
export const STATE_INITIALISED: u32 = 3;
export const STATE_CONNECTED: u32 = 4;
export const STATE_CLOSED: u32 = 6;

let page: usize = 0;
let port: u32 = 0;

/** Opens the page; `handler` hears the other side ring. False: there is no other side. */
export function storeInit(handler: u32): bool {
  port = startInfo().storeEvtchn;
  if (!port) return false;
  if (isPrivileged()) {
    if (!mapGranted(REMOTE_STORE, DOMAIN_U, GRANT_REF_STORE)) return false;
    page = REMOTE_STORE;
  } else page = KERNEL_BASE + toPhysical(startInfo().storeMfn << 12);
  listen(port, handler);
  return true;
}

export function storeWord(word: u32): u32 {
  return vload32(page + word);
}

export function setStoreWord(word: u32, value: u32): void {
  vstore32(page + word, value);
}

export function ring(): void {
  send(port);
}

/** The frontend's side: asks for the device to be connected and waits; false: the backend cannot. */
export function connectDevice(device: u32): bool {
  setStoreWord(device + DEVICE_state, STATE_INITIALISED);
  ring();
  while (storeWord(device + DEVICE_state) == STATE_INITIALISED) idle();
  return storeWord(device + DEVICE_state) == STATE_CONNECTED;
}
