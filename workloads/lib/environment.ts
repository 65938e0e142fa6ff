// Variables of an environment: a list of texts NAME=value, ended by a 0.
import { startsWith, textLength } from './text';

/** The value of a variable; 0 where there is none. */
export function variable(list: usize, name: string): usize {
  for (let at = list; load<u32>(at); at += 4) {
    const entry = load<u32>(at);
    if (startsWith(entry, name) && load<u8>(entry + name.length) == 0x3d) return entry + name.length + 1;
  }
  return 0;
}

/** As `variable`, with the name as text. */
export function variableNamed(list: usize, name: usize): usize {
  const length = textLength(name);
  for (let at = list; load<u32>(at); at += 4) {
    const entry = load<u32>(at);
    let i: u32 = 0;
    while (i < length && load<u8>(entry + i) == load<u8>(name + i)) i++;
    if (i == length && load<u8>(entry + length) == 0x3d) return entry + length + 1;
  }
  return 0;
}
