// Writing back in good time, after Linux 2.4 (fs/buffer.c, bdf_prm), by two kernel threads. kupdate wakes every five seconds,
// puts changed inodes into their blocks, and writes the pages that have been dirty for half a minute. bdflush is woken by
// whoever makes more than 30 % of memory dirty, and writes until no more than 20 % is; above 60 % writers wait for a sync.
//
// The volume is locked for one file at a time, so that others get their turn.
import { writeOlder } from './cache';
import { HZ, ticks } from './clock';
import { lockVolume, unlockVolume } from './disk';
import { Inode } from './inode';
import { dirtyFor, dirtyPages, frameTotal, Page, pageNumber } from './page';
import { sleepOn, wake, wakeAll } from './schedule';
import { syncAll, writeInodes } from './sync';
import { makeKernelThread } from './thread';
import { waitUntil } from './time';

/** Ticks between two rounds of kupdate, and the age at which it writes a page. */
const INTERVAL: u32 = 5 * HZ;
const AGE: u32 = 30 * HZ;
// Hundredths of all frames.
const STOP_FLUSHING: u32 = 20;
const START_FLUSHING: u32 = 30;
const WRITERS_WAIT: u32 = 60;

const flushQueue: usize = memory.data(4, 4);

export function startFlushing(): void {
  wake(makeKernelThread(kupdate.index));
  wake(makeKernelThread(bdflush.index));
}

/** Are more than so many hundredths of the frames dirty? */
function dirtier(hundredths: u32): bool {
  return dirtyPages * 100 > frameTotal() * hundredths;
}

/** After a write, by whoever wrote. */
export function balanceDirty(): void {
  if (!dirtier(START_FLUSHING)) return;
  if (dirtier(WRITERS_WAIT)) syncAll();
  else wakeAll(flushQueue);
}

function kupdate(): void {
  for (;;) {
    waitUntil(ticks + INTERVAL);
    lockVolume();
    writeInodes();
    unlockVolume();
    for (let i: u32 = 0; dirtyPages && i < frameTotal(); i++) flushOwner(pageNumber(i), AGE);
  }
}

function bdflush(): void {
  for (;;) {
    for (let i: u32 = 0; dirtier(STOP_FLUSHING) && i < frameTotal(); i++) flushOwner(pageNumber(i), 0);
    sleepOn(flushQueue);
  }
}

/** Writes the pages of this page's file that have been dirty for so many ticks, if it is one of them. */
function flushOwner(page: Page, age: u32): void {
  if (!page.dirty || dirtyFor(page) < age) return;
  lockVolume();
  // It may have been written, or dropped, while the lock was waited for; nobody takes an inode away under it.
  if (page.dirty) writeOlder(changetype<Inode>(changetype<usize>(page.owner)), age);
  unlockVolume();
}
