import { defineImage } from '../../../image.js';
import { entryStubs } from './entry.js';
import { programStubs } from './program.js';

export const image = defineImage({
  name: 'example',
  kind: 'kernel',
  entry: 'toolchain/test/example-kernel/kernel/main.ts',
  base: 0x00100000,
  start: '_start',
  stubs: [entryStubs, programStubs],
  textSpace: 0x10000,
  currentThread: 'currentThread',
  components: 'components',
  componentCount: 'componentCount',
});
