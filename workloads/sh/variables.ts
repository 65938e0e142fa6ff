// The shell's variables: a list of texts NAME=value. Exported ones are the environment of what it runs.
import { allocate, release } from '../lib/memory';
import { copyText, textLength } from '../lib/text';

@unmanaged
class Variable {
  next: usize;
  exported: u32;
  /** NAME=value. */
  text: usize;
}

let first: usize = 0;

/** Takes over an environment. */
export function variablesInit(environment: usize): void {
  for (let at = environment; load<u32>(at); at += 4) {
    const text = load<u32>(at);
    if (nameLength(text)) assign(text, true);
  }
}

/** Length of the name at the start of NAME=..., 0 where none stands there. */
export function nameLength(text: usize): u32 {
  let n: u32 = 0;
  while (isNameByte(load<u8>(text + n), n == 0)) n++;
  return load<u8>(text + n) == 0x3d ? n : 0;
}

export function isNameByte(c: u32, isFirst: bool): bool {
  if ((c | 0x20) - 0x61 < 26 || c == 0x5f) return true;
  return !isFirst && c - 0x30 < 10;
}

function find(name: usize, length: u32): Variable | null {
  for (let at = first; at; at = changetype<Variable>(at).next) {
    const text = changetype<Variable>(at).text;
    let i: u32 = 0;
    while (i < length && load<u8>(text + i) == load<u8>(name + i)) i++;
    if (i == length && load<u8>(text + length) == 0x3d) return changetype<Variable>(at);
  }
  return null;
}

/** The value of the variable whose name is `length` bytes at `name`; 0 where there is none. */
export function valueOf(name: usize, length: u32): usize {
  const v = find(name, length);
  return v ? v.text + length + 1 : 0;
}

/** Takes NAME=value. */
export function assign(text: usize, exported: bool): void {
  const length = nameLength(text);
  let v = find(text, length);
  if (v) release(v.text);
  else {
    v = changetype<Variable>(allocate(offsetof<Variable>()));
    v.exported = 0;
    v.next = first;
    first = changetype<usize>(v);
  }
  v.text = allocate(textLength(text) + 1);
  copyText(v.text, text);
  if (exported) v.exported = 1;
}

/** Of a variable that there is: it goes into the environment from now on. */
export function exportVariable(name: usize): bool {
  const v = find(name, textLength(name));
  if (v) v.exported = 1;
  return v != null;
}

export function exportedCount(): u32 {
  let n: u32 = 0;
  for (let at = first; at; at = changetype<Variable>(at).next) n += changetype<Variable>(at).exported;
  return n;
}

/** Writes the environment, a 0 at its end. */
export function writeEnvironment(to: usize): void {
  for (let at = first; at; at = changetype<Variable>(at).next) {
    const v = changetype<Variable>(at);
    if (!v.exported) continue;
    store<u32>(to, v.text);
    to += 4;
  }
  store<u32>(to, 0);
}
