// open, close, read, write, lseek, pread, pwrite, readv, writev, dup, fcntl, truncate, fsync.
import {
  CALL_CREAT,
  CALL_FDATASYNC,
  CALL_FTRUNCATE64,
  CALL_READV,
  CALL_TRUNCATE64,
  CALL_WRITEV,
} from '../../kernels/lib/callnumbers';
import {
  close,
  dup,
  dup2,
  F_DUPFD,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  fileControl,
  fsync,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  open,
  pipe,
  read,
  readAt,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
  seek,
  sync,
  truncate,
  truncateFile,
  unlink,
  write,
  writeAt,
} from '../lib/files';
import { systemCall2, systemCall3 } from '../lib/stubs';
import { text } from '../lib/text';
import { CLOSED, makeFile, NOWHERE, same, say } from './say';

const buffer: usize = memory.data(8192, 4096);
const vector: usize = memory.data(32, 4);
const ends: usize = memory.data(8, 4);
const longName: usize = memory.data(300, 4);

export function openCases(): void {
  const fd = open(text('a'), O_RDWR | O_CREAT | O_TRUNC, 0o644);
  say('open.create-lowest', fd);
  say('open.second', open(text('a'), O_RDONLY));
  say('close.second', close(4));
  say('close.twice', close(4));
  say('close.negative', close(<u32>-1));
  say('close.closed', close(CLOSED));
  say('open.exclusive-exists', open(text('a'), O_RDWR | O_CREAT | O_EXCL));
  say('open.missing', open(text('missing'), O_RDONLY));
  say('open.empty-path', open(text(''), O_RDONLY));
  say('open.bad-pointer', open(NOWHERE, O_RDONLY));
  say('open.null-pointer', open(0, O_RDONLY));
  say('open.folder-for-writing', open(text('.'), O_WRONLY));
  say('open.below-a-file', open(text('a/b'), O_RDONLY));
  say('open.missing-folder', open(text('none/b'), O_RDWR | O_CREAT));
  say('open.file-as-folder', open(text('a'), O_RDONLY | O_DIRECTORY));
  say('open.folder', open(text('.'), O_RDONLY | O_DIRECTORY));
  say('read.folder', read(4, buffer, 16));
  say('write.folder', write(4, buffer, 16));
  say('close.folder', close(4));
  memory.fill(longName, 0x6e, 255);
  say('open.name-255', open(longName, O_RDWR | O_CREAT, 0o600));
  close(4);
  say('unlink.name-255', unlink(longName));
  memory.fill(longName, 0x6e, 256);
  say('open.name-256', open(longName, O_RDWR | O_CREAT, 0o600));
  say('open.double-slash', open(text('.//a'), O_RDONLY));
  close(4);
  say('open.trailing-slash', open(text('a/'), O_RDONLY));
  say('creat', systemCall2(CALL_CREAT, text('b'), 0o600));
  say('creat.read', read(4, buffer, 1));
  close(4);
  close(fd);
}

export function readWriteCases(): void {
  const fd = open(text('a'), O_RDWR | O_CREAT | O_TRUNC, 0o644);
  say('write', write(fd, text('hello, world'), 12));
  say('write.nothing', write(fd, buffer, 0));
  say('write.bad-pointer', write(fd, NOWHERE, 10));
  say('write.closed', write(CLOSED, buffer, 1));
  say('read.at-end', read(fd, buffer, 100));
  say('lseek.set', seek(fd, 7, SEEK_SET));
  say('read.rest', read(fd, buffer, 100));
  say('read.bytes', same(buffer, text('world'), 5) ? 1 : 0);
  say('lseek.current', seek(fd, -5, SEEK_CUR));
  say('lseek.end', seek(fd, 8, SEEK_END));
  say('read.beyond-end', read(fd, buffer, 10));
  say('write.beyond-end', write(fd, text('x'), 1));
  say('lseek.hole', seek(fd, 12, SEEK_SET));
  memory.fill(buffer, 1, 16);
  say('read.hole', read(fd, buffer, 16));
  say('read.hole-zeros', load<u64>(buffer) == 0 && load<u8>(buffer + 8) == 0x78 ? 1 : 0);
  say('lseek.negative', seek(fd, -1, SEEK_SET));
  say('lseek.whence', seek(fd, 0, 9));
  say('lseek.closed', seek(CLOSED, 0, SEEK_SET));
  say('read.bad-pointer', (seek(fd, 0, SEEK_SET), read(fd, NOWHERE, 5)));
  say('read.offset-kept', seek(fd, 0, SEEK_CUR));
  say('read.closed', read(CLOSED, buffer, 1));
  say('pread', readAt(fd, buffer, 5, 7));
  say('pread.bytes', same(buffer, text('world'), 5) ? 1 : 0);
  say('pread.offset-kept', seek(fd, 0, SEEK_CUR));
  say('pwrite', writeAt(fd, text('W'), 1, 7));
  readAt(fd, buffer, 1, 7);
  say('pwrite.byte', load<u8>(buffer));
  say('pread.closed', readAt(CLOSED, buffer, 1, 0));
  say('pread.bad-pointer', readAt(fd, NOWHERE, 1, 0));
  say('pread.beyond-end', readAt(fd, buffer, 1, 1000));
  close(fd);
  const only = open(text('a'), O_RDONLY);
  say('write.read-only', write(only, buffer, 1));
  close(only);
  const blind = open(text('a'), O_WRONLY);
  say('read.write-only', read(blind, buffer, 1));
  close(blind);
  const more = open(text('a'), O_WRONLY | O_APPEND);
  say('append.write', write(more, text('END'), 3));
  say('append.offset', seek(more, 0, SEEK_CUR));
  close(more);
  close(open(text('a'), O_WRONLY | O_TRUNC));
  const empty = open(text('a'), O_RDONLY);
  say('truncate.by-open', seek(empty, 0, SEEK_END));
  close(empty);
}

export function largeFileCases(): void {
  const fd = open(text('large'), O_RDWR | O_CREAT | O_TRUNC, 0o644);
  let bad: u32 = 0;
  for (let i: u32 = 0; i < 300; i++) {
    memory.fill(buffer, <u8>i, 1024);
    if (write(fd, buffer, 1024) != 1024) bad++;
  }
  say('large.write', bad);
  bad = 0;
  for (let i: u32 = 299; i < 300; i--) {
    if (readAt(fd, buffer, 1024, i << 10) != 1024 || load<u8>(buffer + 1023) != <u8>i) bad++;
    if (!i) break;
  }
  say('large.read-backwards', bad);
  say('large.size', seek(fd, 0, SEEK_END));
  say('large.across-pages', readAt(fd, buffer, 5000, 100 * 1024 - 700));
  say('large.across-first', load<u8>(buffer));
  say('large.across-last', load<u8>(buffer + 4999));
  say('large.read-short-at-end', readAt(fd, buffer, 4096, 300 * 1024 - 100));
  close(fd);
  say('large.unlink', unlink(text('large')));
}

function pair(at: u32, address: usize, length: u32): void {
  store<u32>(vector + (at << 3), address);
  store<u32>(vector + (at << 3) + 4, length);
}

export function vectorCases(): void {
  const fd = open(text('v'), O_RDWR | O_CREAT | O_TRUNC, 0o644);
  pair(0, text('one'), 3);
  pair(1, text(''), 0);
  pair(2, text('three'), 5);
  say('writev', systemCall3(CALL_WRITEV, fd, vector, 3));
  say('writev.none', systemCall3(CALL_WRITEV, fd, vector, 0));
  say('writev.bad-vector', systemCall3(CALL_WRITEV, fd, NOWHERE, 1));
  say('writev.closed', systemCall3(CALL_WRITEV, CLOSED, vector, 1));
  say('writev.too-many', systemCall3(CALL_WRITEV, fd, vector, 5000));
  seek(fd, 0, SEEK_SET);
  pair(0, buffer, 5);
  pair(1, buffer + 100, 100);
  say('readv', systemCall3(CALL_READV, fd, vector, 2));
  say('readv.first', same(buffer, text('oneth'), 5) ? 1 : 0);
  say('readv.second', same(buffer + 100, text('ree'), 3) ? 1 : 0);
  say('readv.bad-vector', systemCall3(CALL_READV, fd, NOWHERE, 1));
  close(fd);
}

export function descriptorCases(): void {
  const fd = open(text('a'), O_RDWR | O_CREAT | O_TRUNC, 0o644);
  say('dup', dup(fd));
  say('dup.closed', dup(CLOSED));
  write(fd, text('12345'), 5);
  say('dup.shares-offset', seek(4, 0, SEEK_CUR));
  say('dup2', dup2(fd, 9));
  say('dup2.same', dup2(fd, fd));
  say('dup2.closed', dup2(CLOSED, 10));
  say('dup2.negative', dup2(fd, <u32>-1));
  say('dup2.replaces', (pipe(ends), dup2(fd, load<u32>(ends))));
  say('dup2.replaced-seek', seek(load<u32>(ends), 0, SEEK_END));
  close(load<u32>(ends));
  close(load<u32>(ends + 4));
  say('fcntl.getfl', fileControl(fd, F_GETFL, 0) & 3);
  say('fcntl.setfl', fileControl(fd, F_SETFL, O_APPEND));
  say('fcntl.getfl-append', fileControl(fd, F_GETFL, 0) & O_APPEND);
  say('fcntl.shared-by-dup', fileControl(9, F_GETFL, 0) & O_APPEND);
  say('fcntl.getfd', fileControl(fd, F_GETFD, 0));
  say('fcntl.setfd', fileControl(fd, F_SETFD, 1));
  say('fcntl.getfd-set', fileControl(fd, F_GETFD, 0));
  say('fcntl.not-shared', fileControl(9, F_GETFD, 0));
  say('fcntl.dupfd', fileControl(fd, F_DUPFD, 20));
  say('fcntl.dupfd-flag', fileControl(20, F_GETFD, 0));
  say('fcntl.dupfd-next', fileControl(fd, F_DUPFD, 20));
  say('fcntl.closed', fileControl(CLOSED, F_GETFL, 0));
  say('fcntl.command', fileControl(fd, 999, 0));
  close(20);
  close(21);
  close(9);
  close(4);
  close(fd);
}

export function truncateCases(): void {
  makeFile('t', 'twelve bytes');
  say('truncate', truncate(text('t'), 5));
  say('truncate.grow', truncate(text('t'), 10));
  const fd = open(text('t'), O_RDWR);
  memory.fill(buffer, 1, 16);
  say('truncate.read', read(fd, buffer, 16));
  say('truncate.zeros', same(buffer, text('twelv'), 5) && !load<u32>(buffer + 5) && !load<u8>(buffer + 9) ? 1 : 0);
  say('truncate.missing', truncate(text('missing'), 0));
  say('truncate.folder', truncate(text('.'), 0));
  say('truncate.negative', truncate(text('t'), <u32>-1));
  say('truncate.bad-pointer', truncate(NOWHERE, 0));
  say('ftruncate', truncateFile(fd, 3));
  say('ftruncate.size', seek(fd, 0, SEEK_END));
  say('ftruncate.closed', truncateFile(CLOSED, 0));
  say('ftruncate.negative', truncateFile(fd, <u32>-1));
  say('ftruncate64', systemCall3(CALL_FTRUNCATE64, fd, 2, 0));
  say('truncate64', systemCall3(CALL_TRUNCATE64, text('t'), 1, 0));
  say('truncate64.size', seek(fd, 0, SEEK_END));
  say('fsync', fsync(fd));
  say('fdatasync', systemCall2(CALL_FDATASYNC, fd, 0));
  say('fsync.closed', fsync(CLOSED));
  say('sync', sync());
  close(fd);
  const only = open(text('t'), O_RDONLY);
  say('ftruncate.read-only', truncateFile(only, 0));
  close(only);
}
