// What the VMM was asked for, checked: its command line, and that every boot module says whose it is. What cannot be right
// ends the machine with status 2 and a line that names the place and the allowed values.
import { newline, print, printText } from '../kernels/lib/console';
import { INFO_COMMAND_LINE, INFO_MODULES, MultibootInfo } from '../kernels/lib/multiboot';
import { numberOption, option, wordIs } from '../kernels/lib/text';
import { directMap } from './layout';
import { belongsTo, moduleCount, modulesInit, moduleText } from './modules';
import { powerOff } from './power';

const BAD_INPUT: u32 = 2;
const DEFAULT_MEBIBYTES: u32 = 16;
const LEAST_MEBIBYTES: u32 = 8;
const noText = memory.data(4, 4);

let text: usize = noText;

export function optionsInit(info: MultibootInfo): void {
  if ((info.flags & INFO_COMMAND_LINE) != 0) text = directMap(info.commandLine);
  modulesInit(info.modules, (info.flags & INFO_MODULES) != 0 ? info.moduleCount : 0);
  if (moduleCount == 0) complain("vmm: no boot module; the first must be domain 0's kernel", noText);
  for (let i: u32 = 0; i < moduleCount; i++) {
    if (i > 0 ? !belongsTo(i, 'dom0:') && !belongsTo(i, 'domU:') : !belongsTo(0, 'dom0:')) {
      complain(i > 0 ? 'vmm: neither dom0: nor domU: in boot module ' : 'vmm: no dom0: in boot module ', moduleText(i));
    }
  }
}

function complain(what: string, where: usize): void {
  print(what);
  printText(where);
  newline();
  powerOff(BAD_INPUT);
}

/** `key=yes|no`: is it `yes`, or not there? */
function choice(key: string, yes: string, no: string): bool {
  const value = option(text, key);
  if (value == 0 || wordIs(value, yes)) return true;
  if (!wordIs(value, no)) {
    print('vmm: ');
    print(key);
    print('= must be ');
    print(yes);
    print(' or ');
    print(no);
    complain(', not ', value);
  }
  return false;
}

export function wantsTimer(): bool {
  return choice('timer', 'on', 'off');
}

export function wantsDirectGates(): bool {
  return choice('entry', 'direct', 'bounced');
}

/** MiB of memory given by `key=`. */
export function memoryOption(key: string): u32 {
  const mebibytes = numberOption(text, key, DEFAULT_MEBIBYTES);
  if (mebibytes < LEAST_MEBIBYTES) {
    print('vmm: ');
    print(key);
    complain('= must be at least 8 (MiB)', noText);
  }
  return mebibytes;
}
