// The keys of signals in a shell that converses. ^C ends what runs in front, the shell's own loops too; what runs behind
// does not hear it. There is no job control, so ^Z stops nobody.
import { O_RDONLY, open } from '../lib/files';
import { catchSignal, disposeSignal, SIG_DFL, SIG_IGN, SIGINT, SIGQUIT, SIGTSTP } from '../lib/signals';
import { text } from '../lib/text';
import { move } from './descriptors';

let conversing: bool = false;
/** ^C came: whatever is being done ends. */
export let interrupted: bool = false;

function onInterrupt(_signal: u32): void {
  interrupted = true;
}

/** The shell itself lives on; calls that wait end with EINTR. */
export function beginConversation(): void {
  conversing = true;
  catchSignal(SIGINT, onInterrupt.index);
  disposeSignal(SIGQUIT, SIG_IGN);
  disposeSignal(SIGTSTP, SIG_IGN);
}

export function forgetInterrupt(): void {
  interrupted = false;
}

/** In a child: it dies of the keys again, or runs behind and neither hears nor reads what is typed. */
export function beChild(behind: bool): void {
  if (conversing) {
    conversing = false;
    interrupted = false;
    disposeSignal(SIGINT, SIG_DFL);
    disposeSignal(SIGQUIT, SIG_DFL);
  }
  if (!behind) return;
  disposeSignal(SIGINT, SIG_IGN);
  disposeSignal(SIGQUIT, SIG_IGN);
  const none = open(text('/dev/null'), O_RDONLY);
  if (none >= 0) move(none, 0);
}
