import { describe, expect, it } from 'vitest';
import { type Assembler, cr3, defineStubs, eax, ecx, mem, sym } from '../../toolchain/assembler/index.js';
import { flatImage } from '../bench/flat-image.js';
import { UnknownComponentError } from '../index.js';
import {
  commit,
  enter,
  flatGuest,
  guestImage,
  identityPaging,
  KERNEL_STACK,
  makeMachine,
  noted,
  OUT_PRICE,
  powerOff,
  type Record_,
  sign,
  signatures,
  table,
} from './guest.js';

const [A, B] = [0xa0, 0xb0];
const program = (word: number, id: number, name: string): Record_ => ({ word, id, kind: 1, name });

/** A program that signs and calls the kernel. */
function user(a: Assembler, label: string, times: number): void {
  a.label(label);
  sign(a, times);
  a.int(0x80);
}

describe('who is running', () => {
  it('charges a program to itself, and the kernel on behalf of the program that trapped', async () => {
    const image = guestImage({
      name: 'kernel',
      records: [program(A, 1, 'a')],
      main: (a) => {
        sign(a, 1);
        commit(a, A);
        enter(a, 3, 'userA', 'back');
        sign(a, 5);
        powerOff(a);
        user(a, 'userA', 3);
      },
    });
    expect(signatures(await makeMachine(image))).toEqual([
      'a for a, CPL 3: 3',
      // Its five and the power-off.
      'kernel for a, CPL 0: 6',
      'kernel for kernel, CPL 0: 1',
    ]);
  });

  it('works for the one that trapped until the next change of CPL, whoever was chosen since', async () => {
    const image = guestImage({
      name: 'kernel',
      records: [program(A, 1, 'a'), program(B, 2, 'b')],
      main: (a) => {
        commit(a, A);
        enter(a, 3, 'userA', 'fromA');
        sign(a, 2);
        commit(a, B);
        sign(a, 4);
        enter(a, 3, 'userB', 'fromB');
        sign(a, 8);
        powerOff(a);
        user(a, 'userA', 1);
        user(a, 'userB', 1);
      },
    });
    const machine = await makeMachine(image);
    const before = machine.ledger.snapshot();
    expect(signatures(machine)).toEqual([
      'a for a, CPL 3: 1',
      'b for b, CPL 3: 1',
      'kernel for a, CPL 0: 6',
      'kernel for b, CPL 0: 9',
    ]);
    const { crossings, residual } = machine.ledger.difference(before, machine.ledger.snapshot());
    // Out and back for each of the two, one change of program, one server level (programs of one kernel).
    expect(crossings).toEqual({ privilege: 4, addressSpace: 0, smallSpace: 0, component: 1, server: 0 });
    expect(residual).toBe(0);
  });

  it('tells two spaces apart that run the same EIP', async () => {
    const image = guestImage({
      name: 'kernel',
      records: [program(A, 1, 'a'), program(B, 2, 'b')],
      main: (a) => {
        identityPaging(a, [0x200000, 0x201000], 0x202000);
        for (const [word, directory, resume] of [
          [A, 0x200000, 'afterA'],
          [B, 0x201000, 'afterB'],
        ] as const) {
          commit(a, word);
          a.mov(eax, directory);
          a.mov(cr3, eax);
          enter(a, 3, 'same', resume);
        }
        powerOff(a);
        user(a, 'same', 7);
      },
    });
    const machine = await makeMachine(image);
    const before = machine.ledger.snapshot();
    expect(signatures(machine).filter((s) => s.includes('CPL 3'))).toEqual(['a for a, CPL 3: 7', 'b for b, CPL 3: 7']);
    const { crossings } = machine.ledger.difference(before, machine.ledger.snapshot());
    // From no paging's CR3 of 0 to A's, which paging was switched on with, then to B's.
    expect(crossings.addressSpace).toBe(2);
    expect(crossings.component).toBe(1);
  });

  it('counts threads of one space as one component', async () => {
    const image = guestImage({
      name: 'kernel',
      records: [program(A, 1, 'a'), program(B, 1, 'a')],
      main: (a) => {
        commit(a, A);
        enter(a, 3, 'first', 'fromFirst');
        commit(a, B);
        enter(a, 3, 'second', 'fromSecond');
        powerOff(a);
        user(a, 'first', 1);
        user(a, 'second', 2);
      },
    });
    const machine = await makeMachine(image);
    const before = machine.ledger.snapshot();
    expect(signatures(machine)).toContain('a for a, CPL 3: 3');
    expect(machine.ledger.difference(before, machine.ledger.snapshot()).crossings.component).toBe(0);
  });

  it('tells components of one name apart', async () => {
    const image = guestImage({
      name: 'kernel',
      records: [program(A, 1, 'a'), program(B, 2, 'a')],
      main: (a) => {
        commit(a, A);
        enter(a, 3, 'first', 'fromFirst');
        commit(a, B);
        enter(a, 3, 'second', 'fromSecond');
        powerOff(a);
        user(a, 'first', 1);
        user(a, 'second', 2);
      },
    });
    expect(signatures(await makeMachine(image)).filter((s) => s.includes('CPL 3'))).toEqual([
      'a for a, CPL 3: 1',
      'a#2 for a#2, CPL 3: 2',
    ]);
  });

  it('counts a stub that the kernel supplies to the kernel, at CPL 3, wherever user mode sees it', async () => {
    const [tables, seenAt, savedEip] = [0x382000, 0x280000, 0x7000];
    const image = guestImage({
      name: 'kernel',
      records: [program(A, 1, 'a'), program(B, 2, 'b')],
      main: (a) => {
        identityPaging(a, [0x380000], tables);
        a.mov(eax, sym('stub', 7));
        a.mov(mem({ disp: tables + (seenAt >>> 12) * 4 }), eax);
        commit(a, A);
        enter(a, 3, 'userA', 'fromA');
        a.mov(eax, mem({ disp: KERNEL_STACK - 20 }));
        a.mov(mem({ disp: savedEip }), eax);
        // A is inside the stub; B runs meanwhile, in its own code.
        commit(a, B);
        enter(a, 3, 'userB', 'fromB');
        commit(a, A);
        enter(a, 3, mem({ disp: savedEip }), 'again');
        powerOff(a);
        a.label('userA');
        sign(a, 1);
        a.mov(eax, seenAt);
        a.jmpIndirect(eax);
        user(a, 'userB', 16);
        a.align(0x1000);
        a.label('stub');
        a.hook('__stub_page_00280000');
        a.hook('__stub_enter');
        sign(a, 2);
        a.int(0x80);
        sign(a, 4);
        a.hook('__stub_leave');
        sign(a, 8);
        a.int(0x80);
        a.align(0x1000);
      },
    });
    expect(signatures(await makeMachine(image)).filter((s) => s.includes('CPL 3'))).toEqual([
      'a for a, CPL 3: 9',
      'b for b, CPL 3: 16',
      'kernel for a, CPL 3: 6',
    ]);
  });

  it('lets a thread begin outside of the stub in which another one with its word has ended', async () => {
    const image = guestImage({
      name: 'kernel',
      records: [program(A, 1, 'old')],
      main: (a) => {
        commit(a, A);
        enter(a, 3, 'exits', 'gone');
        a.mov(mem({ sym: 'records' }), 0);
        a.hook('__component_gone');
        a.mov(mem({ sym: 'records' }), A);
        a.mov(mem({ sym: 'records', disp: 4 }), 2);
        a.mov(mem({ sym: 'records', disp: 16 }), 0x77656e);
        a.hook('__component_created');
        a.nop();
        commit(a, A);
        enter(a, 3, 'begins', 'end');
        powerOff(a);
        a.label('exits');
        a.hook('__stub_enter');
        sign(a, 1);
        a.int(0x80);
        user(a, 'begins', 2);
      },
    });
    expect(signatures(await makeMachine(image)).filter((s) => s.includes('CPL 3'))).toEqual([
      'kernel for old, CPL 3: 1',
      'new for new, CPL 3: 2',
    ]);
  });

  it('refuses to run somebody of whom no table knows', async () => {
    const image = guestImage({
      name: 'kernel',
      records: [program(A, 1, 'a')],
      main: (a) => {
        commit(a, 0xdead);
        enter(a, 3, 'userA', 'back');
        powerOff(a);
        user(a, 'userA', 1);
      },
    });
    const machine = await makeMachine(image);
    const run = () => machine.run(1_000_000n);
    expect(run).toThrow(UnknownComponentError);
    // It does not go on as if nothing had happened.
    expect(run).toThrow(/CPL 3 .* word 0x0000dead .* of kernel .* holds: 0xa0 a/);
  });

  it('reads the table anew when a record has come or gone', async () => {
    const image = guestImage({
      name: 'kernel',
      records: [program(A, 1, 'a')],
      main: (a) => {
        commit(a, A);
        enter(a, 3, 'userA', 'fromA');
        // The same word and the same record are a new program's from here on.
        a.mov(mem({ sym: 'records', disp: 4 }), 2);
        a.mov(mem({ sym: 'records', disp: 16 }), 0x77656e);
        a.hook('__component_created');
        a.mov(eax, A);
        enter(a, 3, 'userA', 'again');
        powerOff(a);
        user(a, 'userA', 1);
      },
    });
    expect(signatures(await makeMachine(image)).filter((s) => s.includes('CPL 3'))).toEqual([
      'a for a, CPL 3: 1',
      'new for new, CPL 3: 1',
    ]);
  });
});

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

  it("charges the VMM on behalf of the program inside the domain, and the domain's kernel at CPL 1", async () => {
    const guest = guestKernel(SHELL);
    const thread = guest.symbols.get('currentThread')!;
    const image = guestImage({
      name: 'vmm',
      records: [vcpu(V0, 'domU')],
      gates: [
        { vector: 0x81, handler: 'kernelOfDomain', ring: 1 },
        { vector: 0x82, handler: 'hypercall', ring: 0 },
      ],
      main: (a) => {
        loadGuest(a, guest);
        a.mov(mem({ disp: thread }), SHELL);
        commit(a, V0);
        enter(a, 3, 'shell', 'end');
        powerOff(a);
        // The program calls its kernel in ring 1, which calls the VMM in ring 0.
        a.label('shell');
        sign(a, 1);
        a.int(0x81);
        sign(a, 2);
        a.int(0x80);
        a.label('kernelOfDomain');
        sign(a, 4);
        a.int(0x82);
        sign(a, 8);
        a.iretd();
        a.label('hypercall');
        sign(a, 16);
        a.iretd();
      },
    });
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
    const vmm = flatGuest({
      name: 'vmm',
      records: [vcpu(V0, 'domU')],
      gates: [
        { vector: 0x81, handler: 'kernelOfDomain', ring: 1 },
        { vector: 0x82, handler: 'hypercall', ring: 0 },
      ],
      main: (a) => {
        loadGuest(a, guest);
        a.mov(mem({ disp: thread }), SHELL);
        commit(a, V0);
        enter(a, 3, 'program', 'end');
        powerOff(a);
        a.label('program');
        sign(a, 1);
        a.int(0x81);
        sign(a, 2);
        a.int(0x80);
        a.label('kernelOfDomain');
        a.mov(mem({ disp: thread }), EDITOR);
        a.label('committed');
        a.int(0x82);
        a.iretd();
        a.label('hypercall');
        sign(a, 4);
        a.iretd();
      },
    });
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

describe('the ledger', () => {
  it('adds up to the cycles that passed', async () => {
    const image = guestImage({
      name: 'kernel',
      records: [program(A, 1, 'a')],
      main: (a) => {
        commit(a, A);
        enter(a, 3, 'userA', 'back');
        powerOff(a);
        a.label('userA');
        a.mov(ecx, 1000);
        a.label('loop');
        a.dec(ecx);
        a.jnz('loop');
        a.int(0x80);
      },
    });
    const machine = await makeMachine(image);
    const before = machine.ledger.snapshot();
    const stop = machine.run(10_000_000n);
    const passed = machine.ledger.difference(before, machine.ledger.snapshot());
    expect(passed.cycles).toBe(Number(stop.cycle));
    expect(passed.ledger.reduce((sum, row) => sum + row.cycles, 0)).toBe(passed.cycles);
    expect(passed.events.intToRing0).toBe(1);
    expect(passed.events.iretOuter).toBe(1);
  });

  it('gives the same ledger twice', async () => {
    const image = guestImage({
      name: 'kernel',
      records: [program(A, 1, 'a')],
      main: (a) => {
        commit(a, A);
        enter(a, 3, 'userA', 'back');
        powerOff(a);
        user(a, 'userA', 20);
      },
    });
    const run = async () => {
      const machine = await makeMachine(image);
      const before = machine.ledger.snapshot();
      const stop = machine.run(10_000_000n);
      return { stop, passed: machine.ledger.difference(before, machine.ledger.snapshot()) };
    };
    const first = await run();
    expect(first.passed.events.portOut * OUT_PRICE).toBeGreaterThan(0);
    expect(await run()).toEqual(first);
  });
});

/** Puts a guest kernel's image where it was linked, as a domain builder would. */
function loadGuest(a: Assembler, guest: { bytes: Uint8Array }): void {
  const words = new Uint32Array(guest.bytes.slice(0, guest.bytes.length & ~3).buffer);
  words.forEach((word, i) => {
    if (word !== 0) a.mov(mem({ disp: 0x300000 + 4 * i }), word);
  });
}
