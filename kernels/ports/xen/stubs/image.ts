import { defineImage } from '../../../../toolchain/image.js';
import { areaStubs } from '../../../guest/stubs/areas.js';
import { syscallStubs } from '../../../guest/stubs/syscalls.js';
import { processorStubs } from '../../../lib/stubs/processor.js';
import { bootStubs } from './boot.js';
import { entryStubs } from './entry.js';
import { entryPageStubs } from './entrypage.js';
import { eventStubs } from './events.js';

/** Where programs see the page they enter the kernel through (kernels/lib/userlayout.ts). */
const ENTRY_PAGE = 0xbffff000;

export const image = defineImage({
  name: 'xen-guest',
  kind: 'kernel',
  entry: 'kernels/guest/main.ts',
  aliases: { 'kernels/ports/port.ts': "export * from './xen/port';\n" },
  base: 0xc0100000,
  load: 0x00100000,
  start: '_start',
  stubs: [bootStubs, entryStubs, entryPageStubs, eventStubs, syscallStubs, areaStubs, processorStubs],
  sharedPage: { symbol: 'entryPageStart', at: ENTRY_PAGE },
  currentThread: 'currentThread',
  components: 'components',
  componentCount: 'componentCount',
});
