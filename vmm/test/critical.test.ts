// The critical region of the guest kernel: between unmasking events and IRET (kernels/ports/xen/stubs/entry.ts). An upcall
// that comes there must drop its own frame, and the program must see nothing of it.
import { expect, test } from 'vitest';
import { projectRoot } from '../../experiments/runner/project.js';
import { Machine } from '../../machine/index.js';
import { processors } from '../../machine/processors/index.js';
import { coreBytes } from '../../toolchain/driver/core.js';
import { imageBytes } from '../../toolchain/driver/images.js';
import { vmmBoot } from './boots.js';
import { symbolsOf } from './symbols.js';

const TIMER = 0;
const REPETITIONS = 300;
const boot = vmmBoot({ vmm: 'timer=on', programsU: [`null-call states=warm:${REPETITIONS}`] });

const guest = symbolsOf(imageBytes('xen-guest', projectRoot));
const address = (name: string): number => {
  const found = guest.get(name);
  if (found === undefined) throw new Error(`xen-guest has no symbol ${name}`);
  return found;
};

function prepare() {
  const core = new WebAssembly.Module(coreBytes() as BufferSource);
  const machine = Machine.create({ core, preset: processors['pentium-133'], memoryMiB: 64 });
  const modules = boot.modules.map(({ image, args }) => ({ bytes: imageBytes(image, projectRoot), args }));
  machine.load(imageBytes(boot.image, projectRoot), modules, boot.append);
  let text = '';
  let measuring = false;
  machine.observe({
    console: (byte) => {
      text += String.fromCharCode(byte);
    },
    hook: (name) => {
      if (name === '__region_begin') measuring = true;
    },
  });
  const register = (name: 'eip' | 'esp') => machine['core'].get(name) >>> 0;
  /** Runs on, a cycle at a time, until EIP is as wanted. */
  const runTo = (wanted: (eip: number) => boolean, cycles = 200_000) => {
    for (let n = 0; n < cycles; n++) {
      if (wanted(register('eip'))) return;
      machine.run(1n);
    }
    throw new Error(`not reached; EIP is ${register('eip').toString(16)}`);
  };
  machine.run(10_000_000_000n, () => measuring);
  return { machine, register, runTo, text: () => text };
}

test('an upcall in the critical region drops its frame and is handled as if it had come in the program', () => {
  const { machine, register, runTo, text } = prepare();
  const timer = machine['pc'].interrupts.line(TIMER);
  const inRegion = (eip: number) => eip >= address('criticalBegin') && eip < address('criticalEnd');
  const repetitions = REPETITIONS / 10;
  for (let n = 0; n < repetitions; n++) {
    runTo(inRegion);
    const outside = register('esp');
    // OUT of the 8254 is high between its ticks, and the 8259 wants an edge.
    timer.set(false);
    timer.set(true);
    runTo((eip) => eip === address('eventCallback'));
    expect(inRegion(machine.memory.readLinear32(register('esp')) as number)).toBe(true);
    expect(register('esp')).toBe(outside - 12);
    // The first push behind the fix-up lies where the program's own frame ends.
    runTo((eip) => eip === address('handleEvents'));
    expect(register('esp')).toBe(outside - 4 - 8 * 4 - 4);
    runTo((eip) => eip < 0xc0000000);
  }
  const stop = machine.run(10_000_000_000n);
  expect(stop).toMatchObject({ reason: 'exit', code: 0 });

  const undisturbed = prepare();
  undisturbed.machine.run(10_000_000_000n);
  expect(text()).toBe(undisturbed.text());
});
