// Numbers that stand twice, because AssemblyScript and the stub assembler cannot share a file.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../experiments/runner/project.js';
import * as port from '../../kernels/ports/xen/stubs/layout.js';
import { CHANNEL, DIRECT_MAP, DOMAIN, INFO, REGS, SHARED, STATE, TRAP, VCPU, VIRT_START } from '../stubs/offsets.js';

const text = (path: string) => readFileSync(join(projectRoot, path), 'utf8');

/** The constant's value in an AssemblyScript file. */
function constant(path: string, name: string): number {
  const found = new RegExp(`const ${name}: \\w+ = (0x[0-9a-f]+|\\d+);`).exec(text(path));
  if (!found) throw new Error(`${path} has no constant ${name}`);
  return Number(found[1]);
}

/** Offset of a field in an unmanaged class whose fields are all words. */
function field(path: string, type: string, name: string): number {
  const body = new RegExp(`class ${type} \\{([^}]*)\\}`).exec(text(path));
  if (!body) throw new Error(`${path} has no class ${type}`);
  const fields = [...(body[1] as string).matchAll(/^ {2}(\w+): (\w+);/gm)];
  for (const [, , fieldType] of fields) expect(['u8', 'u16', 'u64', 'i64']).not.toContain(fieldType);
  const index = fields.findIndex(([, n]) => n === name);
  if (index < 0) throw new Error(`${type} has no field ${name}`);
  return index * 4;
}

test('structures of the public interface', () => {
  const arch = 'kernels/lib/xen/arch.ts';
  const shared = 'kernels/lib/xen/sharedInfo.ts';
  for (const name of [
    'ebx',
    'ecx',
    'edx',
    'esi',
    'edi',
    'ebp',
    'eax',
    'eip',
    'cs',
    'eflags',
    'esp',
    'ss',
    'es',
    'ds',
  ] as const)
    expect(REGS[name]).toBe(constant(arch, `REGS_${name}`));
  expect(REGS.errorCode).toBe(constant(arch, 'REGS_error_code'));
  expect(REGS.entryVector).toBe(constant(arch, 'REGS_entry_vector'));
  expect(REGS.bytes).toBe(constant(arch, 'REGS_BYTES'));
  expect(TRAP.flags).toBe(constant(arch, 'TRAP_flags'));
  expect(TRAP.cs).toBe(constant(arch, 'TRAP_cs'));
  expect(TRAP.address).toBe(constant(arch, 'TRAP_address'));
  expect(TRAP.bytes).toBe(constant(arch, 'TRAP_INFO_BYTES'));
  expect(INFO.upcallPending).toBe(constant(shared, 'VCPU_upcall_pending'));
  expect(INFO.upcallMask).toBe(constant(shared, 'VCPU_upcall_mask'));
  expect(INFO.pendingSelector).toBe(constant(shared, 'VCPU_pending_sel'));
  expect(INFO.cr2).toBe(constant(shared, 'VCPU_arch_cr2'));
  expect(SHARED.pending).toBe(constant(shared, 'SHARED_evtchn_pending'));
  expect(SHARED.mask).toBe(constant(shared, 'SHARED_evtchn_mask'));
  expect(VIRT_START).toBe(constant(arch, 'HYPERVISOR_VIRT_START'));
});

test("the VMM's own structures", () => {
  const domain = 'vmm/domain.ts';
  for (const [name, offset] of Object.entries(VCPU)) expect(offset).toBe(field(domain, 'Vcpu', name));
  for (const [name, offset] of Object.entries(DOMAIN)) expect(offset).toBe(field(domain, 'Domain', name));
  for (const [name, offset] of Object.entries(CHANNEL)) expect(offset).toBe(field('vmm/events.ts', 'Channel', name));
  expect(STATE.runnable).toBe(constant(domain, 'RUNNABLE'));
  expect(STATE.blocked).toBe(constant(domain, 'BLOCKED'));
  expect(DIRECT_MAP).toBe(constant('vmm/layout.ts', 'DIRECT_MAP'));
  expect(VIRT_START).toBe(constant('vmm/layout.ts', 'VIRT_START'));
});

test('what the guest kernel knows', () => {
  const arch = 'kernels/lib/xen/arch.ts';
  const thread = 'kernels/guest/task.ts';
  expect(port.KERNEL_CODE).toBe(constant(arch, 'FLAT_RING1_CS'));
  expect(port.KERNEL_STACK).toBe(constant(arch, 'FLAT_RING1_DS'));
  expect(port.USER_CODE).toBe(constant(arch, 'FLAT_RING3_CS'));
  expect(port.USER_DATA).toBe(constant(arch, 'FLAT_RING3_DS'));
  expect(port.SHARED_INFO).toBe(constant('kernels/ports/xen/fixmap.ts', 'SHARED_INFO'));
  expect(port.EVENT_PENDING - port.SHARED_INFO).toBe(SHARED.pending);
  expect(port.EVENT_MASK - port.SHARED_INFO).toBe(SHARED.mask);
  expect(port.FAULT_ADDRESS - port.SHARED_INFO).toBe(INFO.cr2);
  expect(port.HYPERVISOR_stack_switch).toBe(constant('kernels/lib/xen/numbers.ts', 'HYPERVISOR_stack_switch'));
  expect(port.HYPERCALL).toBe(constant('kernels/lib/xen/numbers.ts', 'HYPERCALL_VECTOR'));
  for (const [name, offset] of Object.entries(port.THREAD)) expect(offset).toBe(field(thread, 'Thread', name));
  for (const name of ['ecx', 'edx', 'eax', 'cs'] as const)
    expect(port.FRAME[name]).toBe(field('kernels/lib/trapframe.ts', 'TrapFrame', name));
  expect(port.FRAME.size).toBe(constant('kernels/lib/trapframe.ts', 'TRAP_FRAME_SIZE'));
});
