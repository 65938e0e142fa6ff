// The disks that the systems boot from: programs, links to the utilities, and what the workloads work on.
import { defineDisk, type ImageEntry, textFile } from '../../toolchain/disk/definition.js';
import { type Entry, standardDevices } from '../../toolchain/disk/tree.js';
import { sources } from './sources.js';

const utilities =
  'cat counts cp date df echo env false grep head kill ln ls mkdir mv pwd rm rmdir sleep sort sync touch true uname wc';

const image = (path: string, name: string): ImageEntry => ({ path, kind: 'image', image: name });

const base: (Entry | ImageEntry)[] = [
  image('/bin/sh', 'sh'),
  image('/bin/utilities', 'utilities'),
  image('/bin/hello', 'hello'),
  image('/bin/cc', 'cc'),
  ...utilities.split(' ').map((name): Entry => ({ path: `/bin/${name}`, kind: 'link', to: '/bin/utilities' })),
  ...standardDevices,
  { path: '/tmp', kind: 'folder', mode: 0o1777 },
  { path: '/data', kind: 'folder' },
  textFile('/etc/motd', 'Everything that moves here is counted.\n'),
];

/** `system` for a look around and for what is measured; `proof` with the programs that prove the kernel, besides. */
export const disks = [
  defineDisk({ name: 'system', sizeMiB: 16, entries: [...base, ...sources] }),
  defineDisk({
    name: 'proof',
    sizeMiB: 16,
    entries: [...base, image('/bin/conformance', 'conformance'), image('/bin/torture', 'torture')],
  }),
];
