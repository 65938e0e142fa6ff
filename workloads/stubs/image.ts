// The programs. The same binaries run on all systems.
import { defineImage } from '../../toolchain/image.js';
import { hostileStubs } from './hostile.js';
import { programStubs } from './program.js';
import { unixStubs } from './unix.js';

const program = (name: string, stubs = [programStubs], textSpace?: number) =>
  defineImage({
    name,
    kind: 'program',
    entry: `workloads/${name}.ts`,
    base: 0x08048000,
    load: 0x08048000,
    start: '_start',
    stubs,
    textSpace,
  });

/** UNIX programs lie in files; little space is left between text and data. */
const unix = (name: string, textSpace = 0x10000) => program(name, [unixStubs], textSpace);

export const images = [
  program('null-call'),
  program('page-fault'),
  program('service-client'),
  program('service-server'),
  program('packet'),
  program('checks'),
  program('hostile-native', [programStubs, hostileStubs]),
  program('hostile-vmm', [programStubs, hostileStubs]),
  unix('sh'),
  unix('utilities'),
  unix('conformance', 0x40000),
  unix('hello'),
  unix('torture'),
  unix('limits'),
  unix('priorities'),
  unix('cc'),
  unix('build'),
  unix('db'),
  unix('files'),
  unix('lmbench', 0x20000),
];
