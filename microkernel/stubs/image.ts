// The images of this folder: the kernel, its servers (sigma0 and the root task at the physical addresses the kernel
// loads them to), and programs that speak L4 directly.

import { processorStubs } from '../../kernels/lib/stubs/processor.js';
import type { Stubs } from '../../toolchain/assembler/index.js';
import { defineImage } from '../../toolchain/image.js';
import { bootStubs } from './boot.js';
import { entryStubs } from './entry.js';
import { hostileStubs } from './hostile.js';
import { ipcStubs } from './ipc.js';
import { userPageStubs } from './programs.js';
import { syscallStubs } from './syscalls.js';
import { tableStubs } from './tables.js';
import { userStubs } from './user.js';

const SERVER_TEXT = 0x8000;

const server = (name: string, base: number, folder = 'servers', more: Stubs[] = []) =>
  defineImage({
    name,
    kind: 'program',
    entry: `microkernel/${folder}/${name}.ts`,
    base,
    load: base,
    start: '_start',
    textSpace: SERVER_TEXT,
    stubs: [userStubs, ...more],
  });

export const images = [
  defineImage({
    name: 'microkernel',
    kind: 'kernel',
    entry: 'microkernel/kernel/main.ts',
    base: 0xf0100000,
    load: 0x00100000,
    start: '_start',
    stubs: [bootStubs, entryStubs, ipcStubs, userPageStubs, syscallStubs, tableStubs, processorStubs],
    currentThread: 'currentThread',
    components: 'components',
    componentCount: 'componentCount',
  }),
  server('sigma0', 0x01800000),
  server('root', 0x01900000),
  server('pager', 0x08048000),
  server('service', 0x08048000),
  server('e1000', 0x08048000),
  server('ipc-bench', 0x08048000, 'programs'),
  server('hostile-l4', 0x08048000, 'programs', [hostileStubs, processorStubs]),
  server('l4-checks', 0x08048000, 'programs', [hostileStubs]),
  server('victim', 0x08048000, 'programs'),
];
