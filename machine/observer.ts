/** What a passive observer is told. Nothing here costs the guest a cycle; what nobody asks for is not computed. */
import type { Crossing } from './ledger/crossings.js';

export interface HookPlace {
  /** Who executes the instruction. */
  readonly component: string;
  readonly cpl: number;
  /** Linear address; of a sample: EIP. */
  readonly linear: number;
  readonly cycle: bigint;
}

export interface Observer {
  /** A hook symbol of the image that runs has been reached, before its instruction executes. */
  hook?(name: string, place: HookPlace): void;
  /** A measured region begins or ends (the labels `__region_begin` and `__region_end`). */
  region?(edge: 'begin' | 'end', place: HookPlace): void;
  /** A crossing record has closed. */
  crossing?(crossing: Crossing): void;
  /**
   * The processor begins to deliver a vector: of INT, of an exception (with its error code, 0 where there is none), or of
   * a hardware interrupt. The place is the one to which the handler would return. A fault on the way is told as well.
   */
  exception?(vector: number, how: 'instruction' | 'exception' | 'interrupt', code: number, place: HookPlace): void;
  /** A byte has left the serial port ('com1') or was written to port E9h ('debug'). */
  console?(byte: number, source: 'com1' | 'debug'): void;
  /** A port access. */
  port?(port: number, size: number, value: number, direction: 'in' | 'out'): void;
  /**
   * Every instruction, before it executes: its linear address, the cycle, and who executes it. Between two calls lies what
   * the first one cost, faults and interrupts that came with it included. Slows the host down, changes nothing in the guest.
   */
  instruction?(linear: number, cycle: number, component: string): void;
  /**
   * Samples: `take` is told where the processor is, between two runs of instructions, the first time at or after each
   * multiple of `every` cycles from the moment when the observer was added. A halted processor is sampled too.
   */
  readonly sample?: { readonly every: number; take(place: HookPlace): void };
}
