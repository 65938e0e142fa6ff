import { describe, expect, it } from 'vitest';
import { type Assembler, cr3, defineStubs, eax, mem } from '../../toolchain/assembler/index.js';
import { flatImage } from '../bench/flat-image.js';
import {
  commit,
  enter,
  flatGuest,
  guestImage,
  identityPaging,
  makeMachine,
  noted,
  powerOff,
  program,
  type Record_,
  sign,
  signatures,
  table,
  user,
} from './guest.js';

/** Puts a guest kernel's image where it was linked, as a domain builder would. */
function loadGuest(a: Assembler, guest: { bytes: Uint8Array }): void {
  const words = new Uint32Array(guest.bytes.slice(0, guest.bytes.length & ~3).buffer);
  words.forEach((word, i) => {
    if (word !== 0) a.mov(mem({ disp: 0x300000 + 4 * i }), word);
  });
}

describe('who is running under a VMM', () => {
  const GUEST_BASE = 0x300000;
  const [V0, V1] = [0x1000, 0x2000];
  const vcpu = (word: number, name: string): Record_ => ({ word, id: word, kind: 3, image: 1, name });
  const [SHELL, EDITOR] = [0x51, 0x52];

  /** A guest kernel: only its table, its thread word and its switch are of interest; ring-1 code stands in the VMM's image. */
  const guestKernel = (first: number) =>
    flatImage(
      defineStubs('guest', (a) => {
        a.label('start');
        a.nop();
        a.data();
        a.align(0x1000);
        table(a, [program(SHELL, 1, 'shell'), program(EDITOR, 2, 'editor')]);
        a.label('first');
        a.dd(first);
      }),
      'start',
      GUEST_BASE,
    );

  /**
   * A VMM with one domain that runs the shell: the program does 1, calls its kernel in ring 1, does 2 and ends; the kernel
   * calls the VMM in ring 0 on the way. All of them stand in the VMM's image.
   */
  const oneDomain = (
    guest: ReturnType<typeof guestKernel>,
    kernel: (a: Assembler) => void,
    hypercallSign: number,
  ): Parameters<typeof flatGuest>[0] => ({
    name: 'vmm',
    records: [vcpu(V0, 'domU')],
    gates: [
      { vector: 0x81, handler: 'kernelOfDomain', ring: 1 },
      { vector: 0x82, handler: 'hypercall', ring: 0 },
    ],
    main: (a) => {
      loadGuest(a, guest);
      a.mov(mem({ disp: guest.symbols.get('currentThread')! }), SHELL);
      commit(a, V0);
      enter(a, 3, 'program', 'end');
      powerOff(a);
      a.label('program');
      sign(a, 1);
      a.int(0x81);
      sign(a, 2);
      a.int(0x80);
      a.label('kernelOfDomain');
      kernel(a);
      a.iretd();
      a.label('hypercall');
      sign(a, hypercallSign);
      a.iretd();
    },
  });

  it("charges the VMM on behalf of the program inside the domain, and the domain's kernel at CPL 1", async () => {
    const guest = guestKernel(SHELL);
    const kernel = (a: Assembler): void => {
      sign(a, 4);
      a.int(0x82);
      sign(a, 8);
    };
    const image = guestImage(oneDomain(guest, kernel, 16));
    const machine = await makeMachine(image, [{ bytes: noted(guest, 'kernel', 'guest'), args: 'guest' }]);
    expect(signatures(machine)).toEqual([
      'domU/kernel for domU/shell, CPL 1: 12',
      'domU/shell for domU/shell, CPL 3: 3',
      // Sixteen and the power-off.
      'vmm for domU/shell, CPL 0: 17',
    ]);
  });

  it('counts a switch that a domain commits before it calls the VMM, once', async () => {
    const guest = guestKernel(SHELL);
    const thread = guest.symbols.get('currentThread')!;
    const switching = (a: Assembler): void => {
      a.mov(mem({ disp: thread }), EDITOR);
      a.label('committed');
      a.int(0x82);
    };
    const vmm = flatGuest(oneDomain(guest, switching, 4));
    const kernel = { ...guest, hooks: [['__switch_commit', vmm.symbols.get('committed')!]] as const };
    const module = { bytes: noted(kernel, 'kernel', 'guest'), args: 'guest' };
    const machine = await makeMachine(noted(vmm, 'kernel', 'vmm'), [module]);
    const before = machine.ledger.snapshot();
    expect(signatures(machine)).toEqual([
      'domU/editor for domU/editor, CPL 3: 2',
      'domU/shell for domU/shell, CPL 3: 1',
      // The hypercall is made for the editor already; so is the power-off.
      'vmm for domU/editor, CPL 0: 5',
    ]);
    const { crossings } = machine.ledger.difference(before, machine.ledger.snapshot());
    expect(crossings).toMatchObject({ component: 1, server: 0, privilege: 6 });
  });

  it("reads a domain's own table through the domain's CR3, not the one its VMM was still on", async () => {
    // Both domains have the same linear addresses; behind them domain 1 has frames of its own, with another thread.
    const guest = guestKernel(0);
    const page = guest.symbols.get('currentThread')! & ~0xfff;
    const word = guest.symbols.get('currentThread')!;
    const [copy, directory0, directory1, tables] = [0x390000, 0x380000, 0x381000, 0x382000];
    const image = guestImage({
      name: 'vmm',
      records: [vcpu(V0, 'dom0'), vcpu(V1, 'domU')],
      main: (a) => {
        loadGuest(a, guest);
        a.mov(mem({ disp: word }), SHELL);
        for (let at = 0; at < 0x80; at += 4) {
          a.mov(eax, mem({ disp: page + at }));
          a.mov(mem({ disp: copy + at }), eax);
        }
        a.mov(mem({ disp: copy + word - page }), EDITOR);
        identityPaging(a, [directory0, directory1], tables);
        // Domain 1's directory has a page table of its own, in which the guest kernel's data page is the copy.
        a.mov(mem({ disp: tables + 0x1000 + (page >>> 12) * 4 }), copy + 7);
        commit(a, V0);
        enter(a, 3, 'user', 'from0');
        commit(a, V1);
        a.mov(eax, directory1);
        a.mov(cr3, eax);
        enter(a, 3, 'user', 'from1');
        powerOff(a);
        user(a, 'user', 1);
      },
    });
    const machine = await makeMachine(image, [{ bytes: noted(guest, 'kernel', 'guest'), args: 'guest' }]);
    const before = machine.ledger.snapshot();
    expect(signatures(machine).filter((s) => s.includes('CPL 3'))).toEqual([
      'dom0/shell for dom0/shell, CPL 3: 1',
      'domU/editor for domU/editor, CPL 3: 1',
    ]);
    expect(machine.ledger.difference(before, machine.ledger.snapshot()).crossings).toMatchObject({
      component: 1,
      server: 1,
    });
  });
});
