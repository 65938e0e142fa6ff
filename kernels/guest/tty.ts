// The console as a terminal. Input comes byte by byte from the port's interrupt into a ring; in canonical mode a line is
// readable once it is complete, and can be corrected until then. Output goes out as it is.
//
//   read ... end ... next        bytes [read, end) can be read, [end, next) are the line that is being typed
import { EAGAIN, EFAULT, EINVAL } from '../lib/callnumbers';
import { printByte, printBytes } from '../lib/console';
import { SIGINT, SIGQUIT, SIGTSTP } from '../lib/unix';
import { userRange } from '../lib/userlayout';
import { stackSlot } from '../lib/x86';
import { copyFromUser, copyToUser } from '../ports/port';
import { pollChanged } from './poll';
import { RESTART_IF_ASKED } from './process';
import { waitOn, wakeAll } from './schedule';
import { interrupted, signalGroup } from './signal';
import { self } from './thread';

const RING: u32 = 4096;
const ring: usize = memory.data(4096, 64);
let read: u32 = 0;
let end: u32 = 0;
let next: u32 = 0;
const readers: usize = memory.data(4, 4);

const CHUNK: u32 = 128;

// struct termios of the 386: four words of flags, a byte of line discipline, 19 control characters.
const TERMIOS_SIZE: u32 = 36;
const termios: usize = memory.data(36, 4);
const C_IFLAG: usize = 0;
const C_OFLAG: usize = 4;
const C_CFLAG: usize = 8;
const C_LFLAG: usize = 12;
const C_CC: usize = 17;
const ICRNL: u32 = 0x100;
const OPOST: u32 = 1;
const ONLCR: u32 = 4;
const B38400_CS8_CREAD: u32 = 0x0f | 0x30 | 0x80;
const ISIG: u32 = 1;
const ICANON: u32 = 2;
const ECHO: u32 = 8;
const ECHOE: u32 = 0x10;

const TCGETS: u32 = 0x5401;
const TCSETS: u32 = 0x5402;
const TCSETSF: u32 = 0x5404;
const TIOCGPGRP: u32 = 0x540f;
const TIOCSPGRP: u32 = 0x5410;
const TIOCGWINSZ: u32 = 0x5413;
const FIONREAD: u32 = 0x541b;

/** What a ^D becomes in the ring: no byte that is typed. */
const END_OF_FILE: u32 = 0;
/** The process group that the keys for signals reach. */
let foreground: u32 = 1;

export function ttyInit(): void {
  store<u32>(termios, ICRNL, C_IFLAG);
  store<u32>(termios, OPOST, C_OFLAG);
  store<u32>(termios, B38400_CS8_CREAD, C_CFLAG);
  store<u32>(termios, ISIG | ICANON | ECHO | ECHOE, C_LFLAG);
  // ^C, ^\, DEL, ^U, ^D, and one byte at least.
  store<u32>(termios, 0x157f1c03, C_CC);
  store<u8>(termios, 4, C_CC + 4);
  store<u8>(termios, 1, C_CC + 6);
  store<u8>(termios, 0x1a, C_CC + 10);
}

function mode(flag: u32): bool {
  return (load<u32>(termios, C_LFLAG) & flag) != 0;
}

function put(byte: u32): void {
  store<u8>(ring + (next & (RING - 1)), <u8>byte);
  next++;
}

function echo(byte: u32): void {
  if (!mode(ECHO)) return;
  if (byte < 0x20 && byte != 0x0a && byte != 0x09) {
    printByte(0x5e);
    printByte(byte + 0x40);
  } else printByte(byte);
}

function lastByte(): u32 {
  return load<u8>(ring + ((next - 1) & (RING - 1)));
}

function erase(): void {
  if (next == end) return;
  const columns: u32 = lastByte() < 0x20 ? 2 : 1;
  next--;
  if (!mode(ECHO)) return;
  for (let i: u32 = 0; i < columns; i++) {
    printByte(0x08);
    printByte(0x20);
    printByte(0x08);
  }
}

/** The blanks at the end, and the word before them. */
function eraseWord(): void {
  while (next != end && lastByte() <= 0x20) erase();
  while (next != end && lastByte() > 0x20) erase();
}

/** What has been typed can be read. */
function complete(): void {
  end = next;
  if (load<u32>(readers)) wakeAll(readers);
  pollChanged();
}

/** From the port: a byte has come. */
export function consoleInput(byte: u32): void {
  if (byte == 0x0d && load<u32>(termios, C_IFLAG) & ICRNL) byte = 0x0a;
  if (mode(ISIG) && (byte == 3 || byte == 0x1c || byte == 0x1a)) {
    echo(byte);
    next = end;
    signalGroup(foreground, byte == 3 ? SIGINT : byte == 0x1c ? SIGQUIT : SIGTSTP);
    return;
  }
  if (!mode(ICANON)) {
    if (next - read < RING) put(byte);
    echo(byte);
    return complete();
  }
  if (byte == 0x7f || byte == 0x08) return erase();
  if (byte == 0x15) {
    while (next != end) erase();
    return;
  }
  if (byte == 0x17) return eraseWord();
  if (byte == 4) {
    put(END_OF_FILE);
    return complete();
  }
  // A full line takes nothing more but its end.
  if (next - read >= RING - 2 && byte != 0x0a) return;
  put(byte);
  echo(byte);
  if (byte == 0x0a) complete();
}

/** A line, or what there is of it; 0 at ^D on an empty line. */
export function ttyRead(to: u32, length: u32, mayWait: bool): i32 {
  if (!length) return 0;
  let signalCame: bool = false;
  while (read == end) {
    if (!mayWait) return -EAGAIN;
    if (signalCame) return interrupted(RESTART_IF_ASKED);
    signalCame = waitOn(readers);
  }
  const chunk = stackSlot(128);
  let done: u32 = 0;
  let more = true;
  while (more && done < length && read != end) {
    let piece: u32 = 0;
    while (more && piece < CHUNK && done + piece < length && read != end) {
      const byte = <u32>load<u8>(ring + (read++ & (RING - 1)));
      if (byte == END_OF_FILE && mode(ICANON)) more = false;
      else {
        store<u8>(chunk + piece++, <u8>byte);
        if (byte == 0x0a && mode(ICANON)) more = false;
      }
    }
    if (piece && copyToUser(to + done, chunk, piece) < 0) return -EFAULT;
    done += piece;
  }
  return done;
}

export function ttyReadable(): bool {
  return read != end;
}

export function ttyWrite(from: u32, length: u32): i32 {
  const chunk = stackSlot(128);
  const translate = (load<u32>(termios, C_OFLAG) & (OPOST | ONLCR)) == (OPOST | ONLCR);
  for (let done: u32 = 0; done < length; done += CHUNK) {
    const piece = min(length - done, CHUNK);
    if (copyFromUser(chunk, from + done, piece) < 0) return done ? done : -EFAULT;
    if (!translate) printBytes(chunk, piece);
    else {
      for (let i: u32 = 0; i < piece; i++) {
        if (load<u8>(chunk + i) == 0x0a) printByte(0x0d);
        printByte(load<u8>(chunk + i));
      }
    }
  }
  return length;
}

/** ioctl on the console: the terminal's mode, its foreground group, what can be read. */
export function ttyControl(request: u32, at: u32): i32 {
  const image = stackSlot(36);
  if (request >= TCSETS && request <= TCSETSF) {
    if (!userRange(at, TERMIOS_SIZE) || copyFromUser(image, at, TERMIOS_SIZE) < 0) return -EFAULT;
    memory.copy(termios, image, TERMIOS_SIZE);
    return 0;
  }
  let size: u32 = 4;
  switch (request) {
    case TCGETS:
      size = TERMIOS_SIZE;
      memory.copy(image, termios, TERMIOS_SIZE);
      break;
    case TIOCGPGRP:
      store<u32>(image, foreground);
      break;
    case TIOCSPGRP:
      if (!userRange(at, 4) || copyFromUser(image, at, 4) < 0) return -EFAULT;
      foreground = load<u32>(image);
      return 0;
    case TIOCGWINSZ:
      size = 8;
      store<u32>(image, 24 | (80 << 16));
      store<u32>(image + 4, 0);
      break;
    case FIONREAD:
      store<u32>(image, end - read);
      break;
    default:
      return -EINVAL;
  }
  return userRange(at, size) && copyToUser(at, image, size) == 0 ? 0 : -EFAULT;
}

/** A new session leader takes the console. */
export function ttyForeground(): void {
  foreground = self().process.group;
}
