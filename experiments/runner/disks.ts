/** The project's disks, made once a process of built images. */
import { type DiskDefinition, imagesOfDisk } from '../../toolchain/disk/definition.js';
import { diskBytes as bytesOf } from '../../toolchain/driver/disks.js';
import { disks } from '../../workloads/stubs/disks.js';
import { projectRoot } from './project.js';

const made = new Map<string, Uint8Array>();

/** @throws Error when there is no such disk, or an image on it is not built */
export function diskBytes(name: string): Uint8Array {
  let bytes = made.get(name);
  if (bytes === undefined) {
    bytes = bytesOf(definition(name), projectRoot);
    made.set(name, bytes);
  }
  return bytes;
}

/** Names of the images on a disk; none where there is no disk. */
export function diskImages(name: string | undefined): string[] {
  return name === undefined ? [] : imagesOfDisk(definition(name));
}

function definition(name: string): DiskDefinition {
  const found = disks.find((disk) => disk.name === name);
  if (found === undefined) throw new Error(`no disk "${name}"; there are: ${disks.map((d) => d.name).join(', ')}`);
  return found;
}
