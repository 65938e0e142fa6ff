import { processorStubs } from '../../kernels/lib/stubs/processor.js';
import { defineImage } from '../../toolchain/image.js';
import { bootStubs, segmentStubs } from './boot.js';
import { entryStubs } from './entry.js';
import { sendStubs } from './send.js';

export const image = defineImage({
  name: 'vmm',
  kind: 'kernel',
  entry: 'vmm/main.ts',
  base: 0xff100000,
  load: 0x00100000,
  start: '_start',
  stubs: [bootStubs, entryStubs, sendStubs, segmentStubs, processorStubs],
  currentThread: 'currentThread',
  components: 'components',
  componentCount: 'componentCount',
});
