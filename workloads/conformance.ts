// Every system call, good and bad: one line a case. Linux says what is right: the same executable runs there, as root, and
// the two outputs are compared. Run it in an empty folder; exec runs it again by its own path. What a process has from its
// parent is put right first, and what depends on the file system, its sizes or the load is no part of an answer.

import {
  descriptorCases,
  largeFileCases,
  openCases,
  readWriteCases,
  truncateCases,
  vectorCases,
} from './conformance/files';
import { deviceCases, entryCases, folderCases } from './conformance/folders';
import { anonymousCases, breakCases, fileCases, protectCases } from './conformance/memory';
import { linkCases, modeCases, renameCases, statCases, symlinkCases } from './conformance/names';
import { forgetParent } from './conformance/parent';
import { pipeCases, pollCases, selectCases } from './conformance/pipes';
import { again, execCases, forkCases, identityCases, killCases, processesInit } from './conformance/processes';
import { actionCases, deathCases, interruptCases, maskCases } from './conformance/signals';
import { timeCases } from './conformance/times';
import { print } from './lib/output';
import { textIs } from './lib/text';

export { signalDispatch, unixEnd, unixStart } from './lib/unix';

export function main(count: u32, words: usize): i32 {
  if (count > 2 && textIs(load<u32>(words + 4), 'again')) return again(count, words);
  forgetParent();
  processesInit(load<u32>(words));
  identityCases();
  openCases();
  readWriteCases();
  largeFileCases();
  vectorCases();
  descriptorCases();
  truncateCases();
  statCases();
  linkCases();
  renameCases();
  symlinkCases();
  modeCases();
  folderCases();
  entryCases();
  deviceCases();
  pipeCases();
  selectCases();
  pollCases();
  forkCases();
  execCases();
  killCases();
  actionCases();
  maskCases();
  deathCases();
  interruptCases();
  breakCases();
  anonymousCases();
  protectCases();
  fileCases();
  timeCases();
  print('conformance done\n');
  return 0;
}
