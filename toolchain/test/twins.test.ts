// Numbers that stand twice, in AssemblyScript and in stubs, since the two cannot share a file.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as native from '../../kernels/ports/native/stubs/layout.js';
import * as xen from '../../kernels/ports/xen/stubs/layout.js';
import * as microkernel from '../../microkernel/stubs/layout.js';
import * as vmm from '../../vmm/stubs/layout.js';

const text = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

/** The constant's value in an AssemblyScript file. */
function constant(path: string, name: string): number {
  const found = new RegExp(`const ${name}: \\w+ = (0x[0-9a-f]+|\\d+);`).exec(text(path));
  if (!found) throw new Error(`${path} has no constant ${name}`);
  return Number(found[1]);
}

const ARCH = 'kernels/lib/xen/arch.ts';
const L4 = 'microkernel/kernel/layout.ts';
const TCB = 'microkernel/kernel/tcb.ts';
const PAGES = 'microkernel/servers/personality.ts';
const { SELECTOR, STATE } = microkernel;

const TWINS: [value: number, file: string, name: string][] = [
  [vmm.VIRT_START, ARCH, 'HYPERVISOR_VIRT_START'],
  [vmm.VIRT_START, 'vmm/layout.ts', 'VIRT_START'],
  [vmm.DIRECT_MAP, 'vmm/layout.ts', 'DIRECT_MAP'],
  [vmm.SELECTOR.vmmCode, 'vmm/processor.ts', 'VMM_CODE'],
  [vmm.SELECTOR.vmmData, 'vmm/processor.ts', 'VMM_DATA'],
  [vmm.RUNNABLE, 'vmm/domain.ts', 'RUNNABLE'],
  [vmm.BLOCKED, 'vmm/domain.ts', 'BLOCKED'],
  [vmm.EFAULT, 'kernels/lib/xen/numbers.ts', 'EFAULT'],
  [xen.KERNEL_CODE, ARCH, 'FLAT_RING1_CS'],
  [xen.KERNEL_STACK, ARCH, 'FLAT_RING1_DS'],
  [xen.USER_CODE, ARCH, 'FLAT_RING3_CS'],
  [xen.USER_DATA, ARCH, 'FLAT_RING3_DS'],
  [xen.SHARED_INFO, 'kernels/ports/xen/fixmap.ts', 'SHARED_INFO'],
  [xen.HYPERVISOR_stack_switch, 'kernels/lib/xen/numbers.ts', 'HYPERVISOR_stack_switch'],
  [xen.HYPERCALL, 'kernels/lib/xen/numbers.ts', 'HYPERCALL_VECTOR'],
  [native.KERNEL_CODE, 'kernels/ports/native/traps.ts', 'KERNEL_CODE'],
  [native.KERNEL_DATA, 'kernels/ports/native/traps.ts', 'KERNEL_DATA'],
  [native.VECTORS, 'kernels/ports/native/traps.ts', 'VECTORS'],
  [microkernel.KERNEL_BASE, L4, 'KERNEL_BASE'],
  [microkernel.KIP, L4, 'KIP_AREA'],
  [microkernel.ENTRY_PAGE, L4, 'ENTRY_PAGE'],
  [microkernel.VECTOR_IPC, L4, 'VECTOR_IPC'],
  [microkernel.SYSTEM_CALL_VECTORS, L4, 'SYSTEM_CALL_VECTORS'],
  [microkernel.USER_FLAGS, L4, 'USER_FLAGS'],
  [SELECTOR.kernelCode, L4, 'SELECTOR_KERNEL_CODE'],
  [SELECTOR.kernelData, L4, 'SELECTOR_KERNEL_DATA'],
  [SELECTOR.userCode, L4, 'SELECTOR_USER_CODE'],
  [SELECTOR.userData, L4, 'SELECTOR_USER_DATA'],
  [SELECTOR.utcb, L4, 'SELECTOR_UTCB'],
  [SELECTOR.task, L4, 'SELECTOR_TASK'],
  [microkernel.THREADS, TCB, 'THREADS'],
  [STATE.ready, TCB, 'STATE_READY'],
  [STATE.waiting, TCB, 'STATE_WAITING'],
  [STATE.idle, TCB, 'STATE_IDLE'],
  [microkernel.PERSONALITY, PAGES, 'PERSONALITY'],
  [microkernel.SHARED_BUFFER, PAGES, 'SHARED_BUFFER'],
];

test.each(TWINS)('%i is %s: %s', (value, file, name) => expect(value).toBe(constant(file, name)));

test("the programs' page", () => {
  for (const [word, offset] of Object.entries(microkernel.PERSONAL))
    expect(text(PAGES)).toContain(`@offset(${offset}) ${word}: u32;`);
});
