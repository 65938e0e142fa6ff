import { defineImage } from '../../../../toolchain/image.js';
import { areaStubs } from '../../../guest/stubs/areas.js';
import { syscallStubs } from '../../../guest/stubs/syscalls.js';
import { processorStubs } from '../../../lib/stubs/processor.js';
import { bootStubs } from './boot.js';
import { entryStubs } from './entry.js';
import { entryPageStubs } from './entrypage.js';
import { ENTRY_PAGE } from './layout.js';
import { tableStubs } from './tables.js';

export const image = defineImage({
  name: 'native',
  kind: 'kernel',
  entry: 'kernels/guest/main.ts',
  aliases: { 'kernels/ports/port.ts': "export * from './native/port';\n" },
  base: 0xc0100000,
  load: 0x00100000,
  start: '_start',
  stubs: [bootStubs, entryStubs, entryPageStubs, syscallStubs, areaStubs, tableStubs, processorStubs],
  sharedPage: { symbol: 'entryPageStart', at: ENTRY_PAGE },
  currentThread: 'currentThread',
  components: 'components',
  componentCount: 'componentCount',
});
