/**
 * One boot, measured: a machine is made, the image runs to its end, and the repetitions become cells. Whatever goes
 * wrong in the guest makes failed cells that say where; a ledger that does not close, or a component that nobody
 * announced, ends the run (`BrokenAccountError`).
 */
import {
  ImageError,
  LedgerError,
  Machine,
  MemoryDisk,
  RegionError,
  RegionMeter,
  type RegionTrace,
  type Stop,
  type TraceRequest,
  UnknownComponentError,
} from '../../machine/index.js';
import { applyPreset, processors } from '../../machine/processors/index.js';
import { type BootCells, BrokenAccountError, cellsOfBoot, cellsWithout, placeOf } from '../cells.js';
import { regionSteps } from '../plan.js';
import { type BootSpec, subjectOf } from './boots.js';
import { digest } from './project.js';
import { guestStack } from './stack.js';

const MEMORY_MIB = 64;

/** The compiled core, and the bytes of the images that a boot names. */
export interface Materials {
  core: WebAssembly.Module;
  images: Record<string, Uint8Array>;
  /** What the machine's disk holds at first; null: no disk. */
  disk: Uint8Array | null;
}

/** @throws BrokenAccountError */
export function measureBoot(spec: BootSpec, materials: Materials): BootCells {
  const subject = subjectOf(spec);
  if (spec.unavailable !== undefined) return cellsWithout(subject, spec.key, 'unavailable', spec.unavailable, digest);
  try {
    const { results, checksum } = runBoot(spec, materials);
    return cellsOfBoot(subject, spec.key, results, checksum, digest);
  } catch (error) {
    if (error instanceof LedgerError || error instanceof UnknownComponentError) {
      throw new BrokenAccountError(`${placeOf(subject)}: ${error.message}`);
    }
    if (error instanceof GuestError || error instanceof RegionError || error instanceof ImageError) {
      return cellsWithout(subject, spec.key, 'failed', `${placeOf(subject)}: ${error.message}`, digest);
    }
    throw error;
  }
}

/** One repetition of a boot, with its crossings. @throws GuestError, RegionError, ImageError, LedgerError */
export function traceBoot(spec: BootSpec, materials: Materials, request: TraceRequest): RegionTrace {
  const { trace } = runBoot(spec, materials, request);
  if (trace === null) throw new RegionError(`${placeOf(subjectOf(spec))}: the repetition asked for was not reached`);
  return trace;
}

/** The guest did not end as it should. */
class GuestError extends Error {
  override name = 'GuestError';
}

/** The machine of a boot, with everything loaded. */
export function machineOf(spec: BootSpec, { core, images, disk }: Materials): Machine {
  const preset = applyPreset(processors[spec.processor], spec.overrides);
  const machine = Machine.create({
    core,
    preset,
    memoryMiB: MEMORY_MIB,
    devices: { timerPhase: timerPhase(spec.seed, preset.hz), disks: disk === null ? [] : [new MemoryDisk(disk)] },
  });
  const modules = spec.boot.modules.map(({ image, args }) => ({ bytes: images[image], args }));
  machine.load(images[spec.boot.image], modules, spec.boot.append);
  return machine;
}

function runBoot(spec: BootSpec, materials: Materials, request: TraceRequest | null = null) {
  const subject = subjectOf(spec);
  const machine = machineOf(spec, materials);
  let console = '';
  machine.observe({
    console: (byte, source) => {
      if (source === 'com1') console += String.fromCharCode(byte);
    },
  });
  const meter = new RegionMeter(machine, regionSteps(subject.family.plan), request);
  const stop = machine.run(BigInt(spec.budget));
  if (stop.reason !== 'exit' || stop.code !== 0)
    throw new GuestError(endOf(stop, meter.position, console) + guestStack(machine, spec));
  return { results: meter.results(), trace: meter.trace, checksum: checksumOf(subject.family.workload, console) };
}

/** Seeds spread over one period of the 100 Hz tick by the golden ratio, in whole cycles. */
function timerPhase(seed: number, hz: number): number {
  return Math.floor(((((seed - 1) * 38197) % 100000) * (hz / 100)) / 100000);
}

function endOf(stop: Stop, position: string, console: string): string {
  const last = console.trimEnd().split('\n').at(-1) ?? '';
  const said = last === '' ? 'it had printed nothing' : `the last line it printed: "${last}"`;
  const where = `at cycle ${stop.cycle}, ${position}; ${said}`;
  switch (stop.reason) {
    case 'exit':
      return `the guest ended with status ${stop.code} ${where}`;
    case 'triple-fault':
      return `triple fault of the guest ${where}`;
    case 'reset':
      return `the guest reset the processor by the ${stop.by} ${where}`;
    case 'power-off':
      return `the guest switched the machine off ${where}`;
    case 'halted':
      return `the guest halted for ever ${where}`;
    default:
      return `the guest did not end within its budget: ${where}`;
  }
}

/** Programs end with `name ... checksum=xxxxxxxx`; a workload may be several programs, whose order does not matter. */
function checksumOf(workload: string, console: string): string {
  const found = [...console.matchAll(/([\w-]+) [^\n]*?checksum=([0-9a-f]{8})/g)].filter(([, name]) =>
    name.startsWith(workload),
  );
  if (found.length === 0) throw new GuestError(`no line "${workload} ... checksum=xxxxxxxx" among what it printed`);
  return [...new Set(found.map(([, name, sum]) => `${name}:${sum}`))].sort().join(' ');
}
