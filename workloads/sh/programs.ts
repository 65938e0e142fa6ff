// Becoming another program.
import { ENOENT, ENOEXEC } from '../../kernels/lib/callnumbers';
import { complain, flushOutput } from '../lib/output';
import { execute } from '../lib/processes';
import { findByte, joinPath, text, textLength } from '../lib/text';
import { quit } from '../lib/unix';
import { arenaTake } from './arena';
import { exportedCount, valueOf, writeEnvironment } from './variables';

const PATH_SIZE: u32 = 512;

/** Becomes another program, found by PATH where its name has no '/'. Never returns. */
export function replaceBy(list: usize): void {
  const environment = arenaTake((exportedCount() + 1) << 2);
  writeEnvironment(environment);
  const name = load<u32>(list);
  let error = -ENOENT;
  if (findByte(name, 0x2f)) error = attempt(name, list, environment);
  else {
    let folders = valueOf(text('PATH'), 4);
    if (!folders) folders = text('/bin');
    const folder = arenaTake(PATH_SIZE);
    const path = arenaTake(PATH_SIZE * 2);
    while (load<u8>(folders) && error == -ENOENT) {
      let n: u32 = 0;
      for (; load<u8>(folders) && load<u8>(folders) != 0x3a; folders++)
        if (n < PATH_SIZE - 1) store<u8>(folder + n++, load<u8>(folders));
      store<u8>(folder + n, 0);
      if (load<u8>(folders)) folders++;
      if (textLength(name) < PATH_SIZE) error = attempt(joinPath(path, folder, name), list, environment);
    }
  }
  complain('sh', name, error);
  quit(error == -ENOENT ? 127 : 126);
}

/** A file that is no executable is a script. */
function attempt(path: usize, list: usize, environment: usize): i32 {
  flushOutput();
  const error = execute(path, list, environment);
  if (error != -ENOEXEC) return error;
  let count: u32 = 0;
  while (load<u32>(list + (count << 2))) count++;
  const words = arenaTake((count + 2) << 2);
  store<u32>(words, text('sh'));
  store<u32>(words + 4, path);
  for (let i: u32 = 1; i <= count; i++) store<u32>(words + ((i + 1) << 2), load<u32>(list + (i << 2)));
  return execute(text('/bin/sh'), words, environment);
}
