// mkdir, rmdir, chdir, getcwd, getdents64, mknod, statfs; and the device files.
import { CALL_FCHDIR, CALL_FSTATFS, CALL_STATFS } from '../../kernels/lib/callnumbers';
import { DIRECTORY_SIZE, Directory, entries, entryType, isDots, nextEntry, openDirectory } from '../lib/directory';
import {
  chdir,
  close,
  currentFolder,
  isTerminal,
  mkdir,
  O_DIRECTORY,
  O_RDONLY,
  O_RDWR,
  open,
  read,
  rmdir,
  S_IFMT,
  Stat,
  stat,
  unlink,
  write,
} from '../lib/files';
import { systemCall1, systemCall2, systemCall3 } from '../lib/stubs';
import { compareTexts, copyNumber, copyText, lastPart, text, textLength } from '../lib/text';
import { alike, CLOSED, makeFile, NOWHERE, say, sayText } from './say';

const status: usize = memory.data(96, 8);
const here: usize = memory.data(512, 4);
const there: usize = memory.data(512, 4);
const buffer: usize = memory.data(1024, 4);
const directory: usize = memory.data(1024 + 32, 8);
const CALL_IOCTL: u32 = 54;
const TCGETS: u32 = 0x5401;
const EOVERFLOW: i32 = 75;

/** Links of a folder, which should be `usual`; where the file system counts none (btrfs) it has one. */
function links(path: string, usual: i32): i32 {
  const result = stat(text(path), status);
  return result < 0 ? result : alike(changetype<Stat>(status).links, 1, usual);
}

export function folderCases(): void {
  say('mkdir', mkdir(text('f'), 0o755));
  say('mkdir.links', links('f', 2));
  say('mkdir.mode', changetype<Stat>(status).mode);
  say('mkdir.exists', mkdir(text('f')));
  say('mkdir.missing-parent', mkdir(text('none/f')));
  makeFile('plain', 'p');
  say('mkdir.below-a-file', mkdir(text('plain/f')));
  say('mkdir.bad-pointer', mkdir(NOWHERE));
  say('mkdir.trailing-slash', mkdir(text('f/g/')));
  say('mkdir.parent-links', links('f', 3));
  say('rmdir.full', rmdir(text('f')));
  say('rmdir.dot', rmdir(text('f/.')));
  say('rmdir.dots', rmdir(text('f/g/..')));
  say('rmdir', rmdir(text('f/g')));
  say('rmdir.parent-links', links('f', 2));
  say('rmdir.missing', rmdir(text('f/g')));
  say('rmdir.file', rmdir(text('plain')));
  say('rmdir.bad-pointer', rmdir(NOWHERE));
  say('getcwd.short', currentFolder(here, 2));
  say('getcwd.bad-pointer', currentFolder(NOWHERE, 512));
  const length = currentFolder(here, 512);
  say('getcwd.length', length == <i32>textLength(here) + 1 ? 1 : 0);
  say('chdir', chdir(text('f')));
  currentFolder(there, 512);
  sayText('getcwd.last', lastPart(there));
  say('chdir.up', chdir(text('..')));
  currentFolder(there, 512);
  say('getcwd.same', compareTexts(here, there) == 0 ? 1 : 0);
  say('chdir.missing', chdir(text('missing')));
  say('chdir.file', chdir(text('plain')));
  say('chdir.bad-pointer', chdir(NOWHERE));
  const fd = open(text('f'), O_RDONLY | O_DIRECTORY);
  say('fchdir', systemCall1(CALL_FCHDIR, fd));
  close(fd);
  say('fchdir.back', chdir(here));
  say('fchdir.closed', systemCall1(CALL_FCHDIR, CLOSED));
  say('chdir.root', chdir(text('/')));
  say('getcwd.root', currentFolder(there, 512));
  chdir(text('..'));
  currentFolder(there, 512);
  sayText('getcwd.above-root', there);
  chdir(here);
}

export function entryCases(): void {
  const d = changetype<Directory>(directory);
  makeFile('f/file', 'x');
  mkdir(text('f/folder'));
  openDirectory(d, text('f'));
  let count = 0;
  let dots = 0;
  let files = 0;
  let folders = 0;
  for (let name = nextEntry(d); name; name = nextEntry(d)) {
    count++;
    if (isDots(name)) dots++;
    else if (entryType(name) == 8) files++;
    else if (entryType(name) == 4) folders++;
  }
  say('getdents.count', count);
  say('getdents.dots', dots);
  say('getdents.files', files);
  say('getdents.folders', folders);
  say('getdents.end', d.end);
  close(d.fd);
  openDirectory(d, text('f'));
  say('getdents.no-room', entries(d.fd, buffer, 8));
  say('getdents.bad-pointer', entries(d.fd, NOWHERE, 512));
  close(d.fd);
  const fd = open(text('f/file'), O_RDONLY);
  say('getdents.file', entries(fd, buffer, 512));
  close(fd);
  say('getdents.closed', entries(CLOSED, buffer, 512));
  rmdir(text('f/folder'));
  unlink(text('f/file'));
  manyEntries();
  say('entries.cleared', rmdir(text('f')));
}

/** Enough entries for several blocks and several calls; each name is seen once. */
function manyEntries(): void {
  const MANY: u32 = 120;
  let failures = 0;
  for (let i: u32 = 0; i < MANY; i++) {
    const fd = open(nameOf(i), O_RDWR | 0o100, 0o600);
    if (fd < 0) failures++;
    close(fd);
  }
  say('many.create', failures);
  const d = changetype<Directory>(directory);
  openDirectory(d, text('f'));
  let sum: u32 = 0;
  let count = 0;
  for (let name = nextEntry(d); name; name = nextEntry(d)) {
    if (isDots(name)) continue;
    count++;
    for (let at = name; load<u8>(at); at++) sum += load<u8>(at);
  }
  close(d.fd);
  say('many.count', count);
  say('many.sum', sum);
  for (let i: u32 = 0; i < MANY; i++) if (unlink(nameOf(i)) < 0) failures++;
  say('many.unlink', failures);
}

function nameOf(i: u32): usize {
  copyNumber(copyText(there, text('f/some-longer-name-')), i);
  return there;
}

export function deviceCases(): void {
  const none = open(text('/dev/null'), O_RDWR);
  say('null.read', read(none, buffer, 10));
  say('null.write', write(none, buffer, 10));
  say('null.kind', (stat(text('/dev/null'), status), changetype<Stat>(status).mode & S_IFMT));
  say('null.number', <i32>changetype<Stat>(status).specialDevice);
  say('null.terminal', isTerminal(none) ? 1 : 0);
  close(none);
  const zero = open(text('/dev/zero'), O_RDWR);
  memory.fill(buffer, 1, 64);
  say('zero.read', read(zero, buffer, 64));
  say('zero.zeros', load<u64>(buffer) | load<u64>(buffer + 56) ? 0 : 1);
  say('zero.write', write(zero, buffer, 64));
  say('zero.bad-pointer', read(zero, NOWHERE, 64));
  close(zero);
  say('device.missing', open(text('/dev/nothing'), O_RDWR));
  const fd = open(text('plain'), O_RDONLY);
  say('ioctl.file', systemCall3(CALL_IOCTL, fd, TCGETS, buffer));
  say('ioctl.closed', systemCall3(CALL_IOCTL, CLOSED, TCGETS, buffer));
  // `struct statfs` has no room for the sizes of file systems from 16 TiB on.
  const large = systemCall2(CALL_FSTATFS, fd, buffer) == -EOVERFLOW;
  say('fstatfs', large ? 0 : systemCall2(CALL_FSTATFS, fd, buffer));
  say('statfs', large ? 0 : systemCall2(CALL_STATFS, text('.'), buffer));
  say('statfs.name-length', large ? 255 : load<u32>(buffer, 36));
  say('statfs.free', large || load<u32>(buffer, 12) <= load<u32>(buffer, 8) ? 1 : 0);
  say('statfs.missing', systemCall2(CALL_STATFS, text('missing'), buffer));
  say('statfs.bad-pointer', systemCall2(CALL_STATFS, text('.'), NOWHERE));
  say('fstatfs.closed', systemCall2(CALL_FSTATFS, CLOSED, buffer));
  close(fd);
}
