// Boot modules and whose they are: a module's text holds the word `dom0:` or `domU:`, first, or after the file's name
// (boot loaders differ in whether they put one there).
import { Structs } from '../kernels/lib/elements';
import { MultibootModule } from '../kernels/lib/multiboot';
import { startsWith } from '../kernels/lib/text';
import { directMap } from './layout';

const BLANK: u32 = 0x20;
/** `dom0:` and the like. */
const TAG: u32 = 5;

let modules: Structs<MultibootModule> = changetype<Structs<MultibootModule>>(0);
export let moduleCount: u32 = 0;

export function modulesInit(physical: u32, count: u32): void {
  modules = changetype<Structs<MultibootModule>>(directMap(physical));
  moduleCount = count;
}

export function moduleAt(i: u32): MultibootModule {
  return modules[i];
}

export function moduleText(i: u32): usize {
  return directMap(moduleAt(i).text);
}

function isTag(at: usize): bool {
  return startsWith(at, 'dom0:') || startsWith(at, 'domU:');
}

function skipWord(at: usize): usize {
  while (<u32>load<u8>(at) > BLANK) at++;
  while (<u32>load<u8>(at) == BLANK) at++;
  return at;
}

/** Where the tag stands; 0: there is none. */
function tag(i: u32): usize {
  const text = moduleText(i);
  if (isTag(text)) return text;
  const second = skipWord(text);
  return isTag(second) ? second : 0;
}

export function belongsTo(i: u32, name: string): bool {
  const at = tag(i);
  return at != 0 && startsWith(at, name);
}

/** How many characters of the text stand before the tag: a file's name and a blank, or none. */
export function nameLength(i: u32): u32 {
  const at = tag(i);
  return at == 0 ? 0 : <u32>(at - moduleText(i));
}

/** The text behind the tag. */
export function argumentsOf(i: u32): usize {
  const at = tag(i);
  return at == 0 ? moduleText(i) : skipWord(at + TAG - 1);
}
