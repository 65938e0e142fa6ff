/** This project's systems as runs whose states are compared: each with programs that talk to each other, and a shell. */
import { diskBytes } from '../../../experiments/runner/disks.js';
import { projectRoot } from '../../../experiments/runner/project.js';
import type { Boot, SystemId } from '../../../experiments/system.js';
import { systems } from '../../../experiments/systems/index.js';
import { imageBytes } from '../../../toolchain/driver/images.js';
import { Machine, MemoryDisk } from '../../index.js';
import { processors } from '../../processors/index.js';
import type { Subject } from './subjects.js';

const MEMORY_MIB = 64;
/** Far enough for the interrupts, switches and disk accesses of all of them. */
const CYCLES = 40e6;
const variants: Record<SystemId, string> = { native: 'pipe', vmm: 'cross-domain', microkernel: 'ipc' };

function boot(core: WebAssembly.Module, { image, modules, append }: Boot, processor: string, typed?: string): Machine {
  const disks = typed === undefined ? [] : [new MemoryDisk(diskBytes('proof'))];
  const machine = Machine.create({ core, preset: processors[processor], memoryMiB: MEMORY_MIB, devices: { disks } });
  const loaded = modules.map((m) => ({ bytes: imageBytes(m.image, projectRoot), args: m.args }));
  machine.load(imageBytes(image, projectRoot), loaded, append);
  if (typed !== undefined) machine.serial.feed(new TextEncoder().encode(typed));
  return machine;
}

export function kernels(): Subject[] {
  const subject = (name: string, make: Subject['make']): Subject => ({ name, make, cycles: CYCLES, points: 2 });
  const served = (Object.keys(variants) as SystemId[]).map((id) => {
    const options = { workload: 'service', variant: variants[id], seed: 2, timer: true, arguments: 'states=warm:60' };
    const built = systems[id].build(options as Parameters<(typeof systems)[SystemId]['build']>[0]);
    return subject(`${id} with service`, (core) => boot(core, built, 'pentium3-800'));
  });
  const shell: Boot = { image: 'native', modules: [], append: 'root=hda init=/bin/sh' };
  const typed = '\ncd /data; torture seed=1 rounds=40; exit $?\n';
  return [...served, subject('native with torture', (core) => boot(core, shell, 'pentium-133', typed))];
}
