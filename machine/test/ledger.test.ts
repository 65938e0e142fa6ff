import { describe, expect, it } from 'vitest';
import { cr3, eax, ecx, mem, sym } from '../../toolchain/assembler/index.js';
import { UnknownComponentError } from '../index.js';
import {
  commit,
  enter,
  identityPaging,
  KERNEL_STACK,
  kernelImage,
  makeMachine,
  OUT_PRICE,
  powerOff,
  program,
  sign,
  signatures,
  user,
} from './guest.js';

const [A, B] = [0xa0, 0xb0];

describe('who is running', () => {
  it('charges a program to itself, and the kernel on behalf of the program that trapped', async () => {
    const image = kernelImage([program(A, 1, 'a')], (a) => {
      sign(a, 1);
      commit(a, A);
      enter(a, 3, 'userA', 'back');
      sign(a, 5);
      powerOff(a);
      user(a, 'userA', 3);
    });
    expect(signatures(await makeMachine(image))).toEqual([
      'a for a, CPL 3: 3',
      // Its five and the power-off.
      'kernel for a, CPL 0: 6',
      'kernel for kernel, CPL 0: 1',
    ]);
  });

  it('works for the one that trapped until the next change of CPL, whoever was chosen since', async () => {
    const image = kernelImage([program(A, 1, 'a'), program(B, 2, 'b')], (a) => {
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
    const image = kernelImage([program(A, 1, 'a'), program(B, 2, 'b')], (a) => {
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
    const image = kernelImage([program(A, 1, 'a'), program(B, 1, 'a')], (a) => {
      commit(a, A);
      enter(a, 3, 'first', 'fromFirst');
      commit(a, B);
      enter(a, 3, 'second', 'fromSecond');
      powerOff(a);
      user(a, 'first', 1);
      user(a, 'second', 2);
    });
    const machine = await makeMachine(image);
    const before = machine.ledger.snapshot();
    expect(signatures(machine)).toContain('a for a, CPL 3: 3');
    expect(machine.ledger.difference(before, machine.ledger.snapshot()).crossings.component).toBe(0);
  });

  it('tells components of one name apart', async () => {
    const image = kernelImage([program(A, 1, 'a'), program(B, 2, 'a')], (a) => {
      commit(a, A);
      enter(a, 3, 'first', 'fromFirst');
      commit(a, B);
      enter(a, 3, 'second', 'fromSecond');
      powerOff(a);
      user(a, 'first', 1);
      user(a, 'second', 2);
    });
    expect(signatures(await makeMachine(image)).filter((s) => s.includes('CPL 3'))).toEqual([
      'a for a, CPL 3: 1',
      'a#2 for a#2, CPL 3: 2',
    ]);
  });

  it('counts a stub that the kernel supplies to the kernel, at CPL 3, wherever user mode sees it', async () => {
    const [tables, seenAt, savedEip] = [0x382000, 0x280000, 0x7000];
    const image = kernelImage([program(A, 1, 'a'), program(B, 2, 'b')], (a) => {
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
    });
    expect(signatures(await makeMachine(image)).filter((s) => s.includes('CPL 3'))).toEqual([
      'a for a, CPL 3: 9',
      'b for b, CPL 3: 16',
      'kernel for a, CPL 3: 6',
    ]);
  });

  it('lets a thread begin outside of the stub in which another one with its word has ended', async () => {
    const image = kernelImage([program(A, 1, 'old')], (a) => {
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
    });
    expect(signatures(await makeMachine(image)).filter((s) => s.includes('CPL 3'))).toEqual([
      'kernel for old, CPL 3: 1',
      'new for new, CPL 3: 2',
    ]);
  });

  it('refuses to run somebody of whom no table knows', async () => {
    const image = kernelImage([program(A, 1, 'a')], (a) => {
      commit(a, 0xdead);
      enter(a, 3, 'userA', 'back');
      powerOff(a);
      user(a, 'userA', 1);
    });
    const machine = await makeMachine(image);
    const run = () => machine.run(1_000_000n);
    expect(run).toThrow(UnknownComponentError);
    // It does not go on as if nothing had happened.
    expect(run).toThrow(/CPL 3 .* word 0x0000dead .* of kernel .* holds: 0xa0 a/);
  });

  it('reads the table anew when a record has come or gone', async () => {
    const image = kernelImage([program(A, 1, 'a')], (a) => {
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
    });
    expect(signatures(await makeMachine(image)).filter((s) => s.includes('CPL 3'))).toEqual([
      'a for a, CPL 3: 1',
      'new for new, CPL 3: 1',
    ]);
  });
});

describe('the ledger', () => {
  it('adds up to the cycles that passed', async () => {
    const image = kernelImage([program(A, 1, 'a')], (a) => {
      commit(a, A);
      enter(a, 3, 'userA', 'back');
      powerOff(a);
      a.label('userA');
      a.mov(ecx, 1000);
      a.label('loop');
      a.dec(ecx);
      a.jnz('loop');
      a.int(0x80);
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
    const image = kernelImage([program(A, 1, 'a')], (a) => {
      commit(a, A);
      enter(a, 3, 'userA', 'back');
      powerOff(a);
      user(a, 'userA', 20);
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
