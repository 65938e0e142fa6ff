// The disks that the systems boot from: programs, links to the utilities, and what the workloads work on.
import { defineDisk, type ImageEntry, textFile } from '../../toolchain/disk/definition.js';
import { type Entry, standardDevices } from '../../toolchain/disk/tree.js';

const utilities =
  'cat counts cp date df echo env false grep head kill ln ls mkdir mv pwd rm rmdir sleep sort sync touch true uname wc';

const image = (path: string, name: string): ImageEntry => ({ path, kind: 'image', image: name });

const base: (Entry | ImageEntry)[] = [
  image('/bin/sh', 'sh'),
  image('/bin/utilities', 'utilities'),
  ...utilities.split(' ').map((name): Entry => ({ path: `/bin/${name}`, kind: 'link', to: '/bin/utilities' })),
  ...standardDevices,
  { path: '/tmp', kind: 'folder', mode: 0o1777 },
  textFile('/etc/motd', 'Everything that moves here is counted.\n'),
];

export const disks = [defineDisk({ name: 'system', sizeMiB: 8, entries: base })];
