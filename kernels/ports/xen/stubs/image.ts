import { defineImage } from '../../../../toolchain/image.js';
import { areaStubs } from '../../../guest/stubs/areas.js';
import { syscallStubs } from '../../../guest/stubs/syscalls.js';
import { processorStubs } from '../../../lib/stubs/processor.js';
import { contractAlias } from '../../contract/stubs/alias.js';
import { bootStubs } from './boot.js';
import { entryStubs } from './entry.js';
import { entryPageStubs } from './entrypage.js';
import { eventStubs } from './events.js';

/** Where programs see the page they enter the kernel through (kernels/lib/userlayout.ts). */
const ENTRY_PAGE = 0xbffff000;

const parts = {
  kind: 'kernel' as const,
  entry: 'kernels/guest/main.ts',
  base: 0xc0100000,
  load: 0x00100000,
  start: '_start',
  stubs: [bootStubs, entryStubs, entryPageStubs, eventStubs, syscallStubs, areaStubs, processorStubs],
  sharedPage: { symbol: 'entryPageStart', at: ENTRY_PAGE },
  currentThread: 'currentThread',
  components: 'components',
  componentCount: 'componentCount',
};

const port = { 'kernels/ports/port.ts': "export * from './xen/port';\n" };

export const image = defineImage({ ...parts, name: 'xen-guest', aliases: port });

/** The same kernel with the checks of the port contract in the place of its benchmarks. */
export const contract = defineImage({ ...parts, name: 'xen-contract', aliases: { ...port, ...contractAlias } });
