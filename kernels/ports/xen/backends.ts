// Domain 0's answer when the guest rings: it connects the devices that the guest has prepared, and answers pings (the
// other half of `bench=ipc-primitive`). All of it happens in the upcall.
import { channelAccept } from './channel';
import { netbackConnect, netbackInit } from './netback';
import {
  DEVICE_state,
  ring,
  STATE_INITIALISED,
  STORE_CHANNEL,
  STORE_PING,
  STORE_VIF,
  setStoreWord,
  storeInit,
  storeWord,
} from './store';

export const PING_ask: u32 = STORE_PING;
export const PING_answer: u32 = STORE_PING + 32;

export function backendsInit(network: bool): void {
  if (network) netbackInit();
  storeInit(rang.index);
}

let answered: u32 = 0;

function rang(): void {
  const asked = storeWord(PING_ask);
  if (asked != answered) {
    answered = asked;
    setStoreWord(PING_answer, asked);
    ring();
    return;
  }
  if (storeWord(STORE_VIF + DEVICE_state) == STATE_INITIALISED) netbackConnect();
  if (storeWord(STORE_CHANNEL + DEVICE_state) == STATE_INITIALISED) channelAccept();
  ring();
}
