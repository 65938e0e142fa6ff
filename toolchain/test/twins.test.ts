// Numbers that stand twice, in AssemblyScript and in stubs, since they belong to different images.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ENTRY_PAGE } from '../../kernels/ports/native/stubs/layout.js';
import * as microkernel from '../../microkernel/stubs/layout.js';

const text = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

/** The constant's value in an AssemblyScript file. */
function constant(path: string, name: string): number {
  const found = new RegExp(`const ${name}: \\w+ = (0x[0-9a-f]+|\\d+);`).exec(text(path));
  if (!found) throw new Error(`${path} has no constant ${name}`);
  return Number(found[1]);
}

const L4 = 'microkernel/kernel/layout.ts';
const PAGES = 'microkernel/servers/personality.ts';

const TWINS: [value: number, file: string, name: string][] = [
  [ENTRY_PAGE, 'kernels/lib/userlayout.ts', 'ENTRY_PAGE'],
  [microkernel.KIP, L4, 'KIP_AREA'],
  [microkernel.ENTRY_PAGE, L4, 'ENTRY_PAGE'],
  [microkernel.VECTOR_IPC, L4, 'VECTOR_IPC'],
  [microkernel.USER_DATA, L4, 'SELECTOR_USER_DATA'],
  [microkernel.PERSONALITY, PAGES, 'PERSONALITY'],
  [microkernel.SHARED_BUFFER, PAGES, 'SHARED_BUFFER'],
];

test.each(TWINS)('%i is %s: %s', (value, file, name) => expect(value).toBe(constant(file, name)));

test("the programs' page", () => {
  for (const [word, offset] of Object.entries(microkernel.PERSONAL))
    expect(text(PAGES)).toContain(`@offset(${offset}) ${word}: u32;`);
});
