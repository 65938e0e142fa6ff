// stat, link, unlink, rename, symlink, readlink, access, chmod, utime, umask: what a name is and what becomes of it.
import {
  CALL_FCHMOD,
  CALL_FSTAT,
  CALL_LSTAT,
  CALL_STAT,
  CALL_UMASK,
  EEXIST,
  ENOTEMPTY,
} from '../../kernels/lib/callnumbers';
import {
  access,
  chmod,
  close,
  fileStat,
  link,
  linkStat,
  mkdir,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  open,
  read,
  readlink,
  rename,
  rmdir,
  Stat,
  setTimes,
  stat,
  symlink,
  unlink,
  write,
} from '../lib/files';
import { systemCall1, systemCall2 } from '../lib/stubs';
import { text } from '../lib/text';
import { alike, CLOSED, makeFile, NOWHERE, same, say } from './say';

/** A number does not fit its field. */
const EOVERFLOW: i32 = 75;
const one: usize = memory.data(96, 8);
const other: usize = memory.data(96, 8);
const buffer: usize = memory.data(256, 4);
const times: usize = memory.data(8, 4);

function at(place: usize): Stat {
  return changetype<Stat>(place);
}

export function statCases(): void {
  makeFile('s', 'nine byte');
  say('stat', stat(text('s'), one));
  say('stat.mode', at(one).mode);
  say('stat.size', at(one).sizeLow);
  say('stat.links', at(one).links);
  say('stat.owner', at(one).user | at(one).group);
  say('stat.missing', stat(text('missing'), one));
  say('stat.bad-path', stat(NOWHERE, one));
  say('stat.bad-buffer', stat(text('s'), NOWHERE));
  say('stat.below-a-file', stat(text('s/x'), one));
  say('stat.folder', stat(text('.'), one));
  say('stat.folder-kind', at(one).mode & 0o170000);
  const fd = open(text('s'), O_RDONLY);
  say('fstat', fileStat(fd, other));
  stat(text('s'), one);
  say('fstat.same-inode', load<u64>(one, 88) == load<u64>(other, 88) ? 1 : 0);
  say('fstat.closed', fileStat(CLOSED, one));
  say('fstat.bad-buffer', fileStat(fd, NOWHERE));
  say('fstat-old', alike(systemCall2(CALL_FSTAT, fd, one), -EOVERFLOW, 0));
  close(fd);
  // Linux's old `struct stat` for the 386: mode (2 bytes) at 8, links (2) at 10, size (4) at 20. It has no room for large
  // inode numbers, which some file systems have.
  const old = systemCall2(CALL_STAT, text('s'), one);
  say('stat-old', alike(old, -EOVERFLOW, 0));
  if (old == -EOVERFLOW) {
    stat(text('s'), other);
    store<u16>(one, <u16>at(other).mode, 8);
    store<u16>(one, <u16>at(other).links, 10);
    store<u32>(one, at(other).sizeLow, 20);
  }
  say('stat-old.mode', load<u16>(one, 8));
  say('stat-old.links', load<u16>(one, 10));
  say('stat-old.size', load<u32>(one, 20));
  say('lstat-old.missing', systemCall2(CALL_LSTAT, text('missing'), one));
}

export function linkCases(): void {
  makeFile('l', 'x');
  say('link', link(text('l'), text('m')));
  stat(text('l'), one);
  stat(text('m'), other);
  say('link.count', at(one).links);
  say('link.same-inode', load<u64>(one, 88) == load<u64>(other, 88) ? 1 : 0);
  say('link.exists', link(text('l'), text('m')));
  say('link.missing', link(text('missing'), text('n')));
  say('link.folder', link(text('.'), text('n')));
  say('link.bad-pointer', link(NOWHERE, text('n')));
  say('unlink', unlink(text('l')));
  stat(text('m'), one);
  say('unlink.count', at(one).links);
  say('unlink.twice', unlink(text('l')));
  say('unlink.folder', unlink(text('.')));
  say('unlink.bad-pointer', unlink(NOWHERE));
  const fd = open(text('m'), O_RDWR);
  say('unlink.open', unlink(text('m')));
  say('unlink.open-fstat', (fileStat(fd, one), at(one).links));
  say('unlink.open-write', write(fd, text('still'), 5));
  say('unlink.open-name-gone', stat(text('m'), one));
  close(fd);
}

export function renameCases(): void {
  makeFile('r', 'first');
  makeFile('q', 'second');
  say('rename', rename(text('r'), text('p')));
  say('rename.old-gone', stat(text('r'), one));
  say('rename.replaces', rename(text('p'), text('q')));
  const fd = open(text('q'), O_RDONLY);
  read(fd, buffer, 5);
  close(fd);
  say('rename.contents', same(buffer, text('first'), 5) ? 1 : 0);
  say('rename.itself', rename(text('q'), text('q')));
  say('rename.missing', rename(text('missing'), text('x')));
  say('rename.bad-pointer', rename(NOWHERE, text('x')));
  mkdir(text('d1'));
  mkdir(text('d2'));
  say('rename.folder-onto-file', rename(text('d1'), text('q')));
  say('rename.file-onto-folder', rename(text('q'), text('d1')));
  say('rename.folder-onto-empty', rename(text('d1'), text('d2')));
  say('rename.into-folder', rename(text('q'), text('d2/q')));
  mkdir(text('d1'));
  // XFS says EEXIST, as POSIX allows.
  say('rename.folder-onto-full', alike(rename(text('d1'), text('d2')), -EEXIST, -ENOTEMPTY));
  say('rename.into-itself', rename(text('d2'), text('d2/inside')));
  say('rename.folder-moves', rename(text('d1'), text('d2/d1')));
  stat(text('d2/d1/..'), one);
  stat(text('d2'), other);
  say('rename.parent', load<u64>(one, 88) == load<u64>(other, 88) ? 1 : 0);
  // Btrfs counts no links of folders: they have one.
  say('rename.parent-links', alike(at(other).links, 1, 3));
  unlink(text('d2/q'));
  rmdir(text('d2/d1'));
  say('rename.cleared', rmdir(text('d2')));
}

export function symlinkCases(): void {
  makeFile('target', 'through');
  say('symlink', symlink(text('target'), text('sym')));
  say('symlink.exists', symlink(text('target'), text('sym')));
  say('symlink.empty', symlink(text(''), text('sym2')));
  memory.fill(buffer, 0x2e, 32);
  say('readlink', readlink(text('sym'), buffer, 100));
  say('readlink.bytes', same(buffer, text('target.'), 7) ? 1 : 0);
  say('readlink.short', readlink(text('sym'), buffer, 3));
  say('readlink.file', readlink(text('target'), buffer, 100));
  say('readlink.missing', readlink(text('missing'), buffer, 100));
  say('readlink.no-room', readlink(text('sym'), buffer, 0));
  say('readlink.bad-buffer', readlink(text('sym'), NOWHERE, 10));
  say('lstat.kind', (linkStat(text('sym'), one), at(one).mode & 0o170000));
  say('lstat.size', at(one).sizeLow);
  say('stat.followed', (stat(text('sym'), one), at(one).mode & 0o170000));
  const fd = open(text('sym'), O_RDONLY);
  say('open.followed', read(fd, buffer, 100));
  close(fd);
  symlink(text('nothing'), text('dangling'));
  say('open.dangling', open(text('dangling'), O_RDONLY));
  say('open.dangling-create', open(text('dangling'), O_RDWR | O_CREAT, 0o600));
  close(3);
  say('stat.created-through', stat(text('nothing'), one));
  symlink(text('loop'), text('loop'));
  say('open.loop', open(text('loop'), O_RDONLY));
  say('stat.loop', stat(text('loop'), one));
  mkdir(text('dir'));
  makeFile('dir/in', 'y');
  symlink(text('dir'), text('todir'));
  say('open.through-folder-link', open(text('todir/in'), O_RDONLY));
  close(3);
  symlink(text('../target'), text('dir/up'));
  say('open.relative-link', open(text('dir/up'), O_RDONLY));
  close(3);
  say('unlink.link', unlink(text('sym')));
  say('unlink.link-only', stat(text('target'), one));
  unlink(text('dir/in'));
  unlink(text('dir/up'));
  say('rmdir.link', rmdir(text('todir')));
  say('rmdir.emptied', rmdir(text('dir')));
}

export function modeCases(): void {
  makeFile('c', 'z');
  say('chmod', chmod(text('c'), 0o640));
  say('chmod.mode', (stat(text('c'), one), at(one).mode));
  say('chmod.missing', chmod(text('missing'), 0));
  say('chmod.bad-pointer', chmod(NOWHERE, 0));
  const fd = open(text('c'), O_RDONLY);
  say('fchmod', systemCall2(CALL_FCHMOD, fd, 0o600));
  say('fchmod.mode', (stat(text('c'), one), at(one).mode));
  say('fchmod.closed', systemCall2(CALL_FCHMOD, CLOSED, 0));
  close(fd);
  say('access.exists', access(text('c'), 0));
  say('access.root-writes', access(text('c'), 2));
  say('access.not-executable', access(text('c'), 1));
  say('access.missing', access(text('missing'), 0));
  say('access.mode', access(text('c'), 99));
  say('access.bad-pointer', access(NOWHERE, 0));
  say('umask', systemCall1(CALL_UMASK, 0o077));
  close(open(text('u'), O_RDWR | O_CREAT | O_TRUNC, 0o666));
  say('umask.applied', (stat(text('u'), one), at(one).mode));
  say('umask.old', systemCall1(CALL_UMASK, 0o022));
  store<u32>(times, 1000000);
  store<u32>(times + 4, 2000000);
  say('utime', setTimes(text('u'), times));
  stat(text('u'), one);
  say('utime.accessed', at(one).accessed);
  say('utime.modified', at(one).modified);
  say('utime.now', setTimes(text('u'), 0));
  say('utime.now-later', (stat(text('u'), one), at(one).modified > 2000000 ? 1 : 0));
  say('utime.missing', setTimes(text('missing'), 0));
  say('utime.bad-pointer', setTimes(text('u'), NOWHERE));
}
