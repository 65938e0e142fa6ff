/**
 * What a device is to the machine: it claims port and memory ranges and says when it next has something to do. Time is
 * the processor's cycle counter, a safe integer; no device knows any other clock, so a run is a function of its inputs.
 */

/** A device that never has anything to do by itself answers this to `nextDue`. */
export const NEVER = Number.POSITIVE_INFINITY;

/** Bytes of one access: 1, 2 or 4. */
export type AccessSize = number;

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** A range of physical addresses, or of ports, that its device may move (a PCI base address register). */
export interface AddressWindow {
  /** Address of the first byte. */
  readonly base: number;
  /** Bytes. */
  readonly length: number;
  /** A window that is switched off answers like no device at all. */
  readonly enabled: boolean;
  read(offset: number, size: AccessSize): number;
  write(offset: number, size: AccessSize, value: number): void;
}

export interface Device {
  /** For messages. */
  readonly name: string;
  readonly ports?: readonly PortRange[];
  /** Device memory. */
  readonly memory?: AddressWindow;
  /** Its ports are eight bits wide: the bus makes as many accesses of a wider one, to one port after the other. */
  readonly byteWide?: boolean;
  /** Ports at an address that may change. */
  readonly portWindow?: AddressWindow;
  /** Cycle at which `run` wants to be called; NEVER when there is nothing to wait for. */
  readonly nextDue?: number;
  /** Whether what it waits for can end in an interrupt, as the guest has programmed things. */
  readonly canInterrupt?: boolean;
  /** Does everything that is due at cycle `now`. */
  run?(now: number): void;
  /** Value of `size` bytes, unsigned. */
  read?(port: number, size: AccessSize): number;
  write?(port: number, size: AccessSize, value: number): void;
}

/** The time base that devices share. */
export interface Clock {
  /** Cycles since the machine was made. */
  now(): number;
  /** Cycles a second. */
  readonly hz: number;
}

/** An input of the interrupt controller. */
export interface InterruptLine {
  set(level: boolean): void;
  /** Whether the controller would pass a request on. */
  readonly unmasked: boolean;
}

/** Physical memory as a bus master sees it. */
export interface BusMemory {
  /** Bytes of RAM. */
  readonly size: number;
  readonly bytes: Uint8Array;
  /** To be called after a device wrote: decoded code in the range is stale. */
  written(physical: number, length: number): void;
}

/** All ones, in the width of an access: what an empty bus answers. */
export function openBus(size: AccessSize): number {
  return size === 1 ? 0xff : size === 2 ? 0xffff : 0xffffffff;
}
