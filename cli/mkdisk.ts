/** `crossings mkdisk`: an ext2 image from a folder, the same bytes whenever the folder holds the same. */
import { existsSync, statSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { imagesOfDisk } from '../toolchain/disk/definition.js';
import { makeExt2 } from '../toolchain/disk/ext2.js';
import { SIZE_LIMITS } from '../toolchain/disk/geometry.js';
import { DiskError, standardDevices } from '../toolchain/disk/tree.js';
import { diskBytes, entriesOfFolder } from '../toolchain/driver/disks.js';
import { disks } from '../workloads/stubs/disks.js';
import { UsageError } from './errors.js';
import { bringUpToDate } from './fresh.js';
import { known, wholeNumber } from './options.js';
import { refuseUnwritableFile, writeOutputFile } from './output-file.js';

interface MkdiskOptions {
  out: string;
  size: number;
  blockSize: 1024 | 2048 | 4096;
  devices?: boolean;
}

/** In front of the name of one of the project's disks. */
const OWN = 'disk:';

export function mkdiskCommand(): Command {
  const { least, most } = SIZE_LIMITS;
  return new Command('mkdisk')
    .description('make an ext2 disk image of a folder')
    .argument('<folder>', "what the disk shall hold; disk:NAME is one of the project's own, at its own size")
    .requiredOption('--out <file>', 'the image')
    .option('--size <MiB>', `${least} to ${most}`, wholeNumber(least, most), 8)
    .option('--block-size <bytes>', '1024, 2048 or 4096', parseBlockSize, 1024)
    .option('--devices', 'with /dev/console, null, zero and hda')
    .action(mkdisk);
}

async function mkdisk(folder: string, options: MkdiskOptions): Promise<void> {
  refuseUnwritableFile('--out', options.out);
  try {
    const bytes = folder.startsWith(OWN) ? await ownDisk(folder.slice(OWN.length)) : diskOf(folder, options);
    writeOutputFile('--out', options.out, bytes);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof DiskError || code !== undefined) throw new UsageError(message);
    throw error;
  }
}

function diskOf(folder: string, { size, blockSize, devices }: MkdiskOptions): Uint8Array {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new UsageError(`${folder}: there is no such folder`);
  const entries = entriesOfFolder(folder);
  return makeExt2(devices ? [...entries, ...standardDevices] : entries, { sizeMiB: size, blockSize });
}

async function ownDisk(name: string): Promise<Uint8Array> {
  const [chosen] = known(
    'disk',
    [name],
    disks.map((disk) => disk.name),
  );
  const disk = disks.find((one) => one.name === chosen)!;
  await bringUpToDate(imagesOfDisk(disk));
  return diskBytes(disk);
}

function parseBlockSize(text: string): 1024 | 2048 | 4096 {
  const value = Number(text);
  if (value === 1024 || value === 2048 || value === 4096) return value;
  throw new InvalidArgumentError('expected 1024, 2048 or 4096.');
}
