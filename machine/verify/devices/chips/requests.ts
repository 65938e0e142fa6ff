import { e1000, get, load, NETWORK, out, SERIAL, store } from './chip.js';

/** Requests that a program can raise and withdraw without time passing: inputs 1, 4 and 10. */
export const lines = {
  raise: [
    [out(SERIAL + 1, 2)],
    [out(0x64, 0xd2), out(0x60, 0x55)],
    [...store(NETWORK + e1000.IMS, 4), ...store(NETWORK + e1000.ICS, 4)],
  ],
  drop: [
    [get(SERIAL + 2), out(SERIAL + 1, 0)],
    [get(0x60), get(0x60), get(0x60), get(0x60)],
    load(NETWORK + e1000.ICR),
  ],
} as const;
