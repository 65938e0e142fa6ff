import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { flatImage } from '../../machine/bench/flat-image.js';
import {
  type Assembler,
  al,
  ax,
  defineStubs,
  dx,
  eax,
  ebx,
  ecx,
  edi,
  esi,
  mem,
  mem8,
  sym,
} from '../../toolchain/assembler/index.js';

const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'crossings-boot-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A guest that begins at once, without descriptor tables of its own. */
function guest(name: string, write: (a: Assembler) => void): string {
  const stubs = defineStubs(name, (a) => {
    a.label('start');
    write(a);
  });
  return file(name, flatImage(stubs, 'start').bytes);
}

function say(a: Assembler, text: string, port = 0x3f8): void {
  a.mov(dx, port);
  for (const c of text) {
    a.mov(al, c.charCodeAt(0));
    a.out(dx, al);
  }
}

function exit(a: Assembler, value: number): void {
  a.mov(al, value);
  a.out(0xf4, al);
}

function boot(...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, 'boot', ...args], { encoding: 'utf8' });
  return { stdout, stderr, status };
}

describe('crossings boot', () => {
  const hello = guest('hello', (a) => {
    say(a, 'hello\nworld');
    say(a, 'debug', 0xe9);
    exit(a, 0x85);
  });

  it('prints the serial port alone and ends with the status written, modulo 128', () => {
    expect(boot(hello)).toEqual({ stdout: 'hello\nworld', stderr: '', status: 5 });
  });

  it('sends port E9h where it is told', () => {
    const path = join(folder, 'debug.txt');
    boot(hello, '--debugcon', path);
    expect(readFileSync(path, 'utf8')).toBe('debug');
    expect(boot(hello, '--debugcon', 'stderr').stderr).toBe('debug');
    expect(boot(hello, '--debugcon', 'stdout').stdout).toBe('hello\nworlddebug');
  });

  it('hands over command line and modules', () => {
    const image = guest('lines', (a) => {
      const puts = (label: string) => {
        a.mov(dx, 0x3f8);
        a.label(label);
        a.mov(al, mem8({ base: esi }));
        a.test(al, al);
        a.jz(`${label}End`);
        a.out(dx, al);
        a.inc(esi);
        a.jmp(label);
        a.label(`${label}End`);
        say(a, '|');
      };
      a.mov(esi, mem({ base: ebx, disp: 16 }));
      puts('commandLine');
      a.mov(esi, mem({ base: ebx, disp: 24 }));
      a.mov(esi, mem({ base: esi, disp: 8 }));
      puts('moduleLine');
      exit(a, 0);
    });
    const module = file('data', 'x');
    expect(boot(image, '--append', 'seed=7 b', '--module', `${module} one two`)).toMatchObject({
      stdout: `kernel seed=7 b|${module} one two|`,
      status: 0,
    });
  });

  it('answers what is expected, in order', () => {
    const image = guest('echo', (a) => {
      // Reads two lines, each after a prompt, and repeats them.
      for (const prompt of ['name? ', 'age? ']) {
        const again = `again${prompt}`;
        say(a, prompt);
        a.label(again);
        a.mov(dx, 0x3fd);
        a.in(al, dx);
        a.test(al, 1);
        a.jz(again);
        a.mov(dx, 0x3f8);
        a.in(al, dx);
        a.out(dx, al);
        a.cmp(al, 10);
        a.jne(again);
      }
      exit(a, 0);
    });
    const script = ['--expect', 'name', '--send', 'Ada\\n', '--expect', 'age', '--send', '\\x33\\x36\\n'];
    expect(boot(image, ...script)).toEqual({ stdout: 'name? Ada\nage? 36\n', stderr: '', status: 0 });
  });

  it('ends with 0 when a line matches --until', () => {
    const image = guest('forever', (a) => {
      say(a, 'ready\n');
      a.label('loop');
      a.jmp('loop');
    });
    expect(boot(image, '--until', '^ready')).toMatchObject({ stdout: 'ready', status: 0 });
  });

  it.each([
    [
      'a guest that never ends',
      ['--max-cycles', '100000'],
      /--max-cycles 100000 reached/,
      (a: Assembler) => {
        a.label('loop');
        a.jmp('loop');
      },
    ],
    [
      'a guest that halts for ever',
      [],
      /halted, and nothing can wake the processor/,
      (a: Assembler) => {
        a.cli();
        a.hlt();
      },
    ],
    [
      'a triple fault',
      [],
      /triple fault/,
      (a: Assembler) => {
        a.lidt(mem({ sym: 'empty' }));
        a.int3();
        a.label('empty');
        a.dd(0, 0);
      },
    ],
    [
      'a pulse on the reset line',
      [],
      /the guest reset the processor by the keyboard controller/,
      (a: Assembler) => {
        a.mov(al, 0xfe);
        a.out(0x64, al);
        a.label('loop');
        a.jmp('loop');
      },
    ],
  ] as const)('ends %s with 1 and says so', (name, options, message, write) => {
    const { status, stderr } = boot(guest(name.replaceAll(' ', '-'), write), ...options);
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
  });

  it.each([
    ['a missing image', ['/nowhere/at/all'], /image \/nowhere\/at\/all: ENOENT/],
    ['a malformed image', [file('text', 'x'.repeat(100))], /kernel image: no multiboot header/],
    ['an unknown processor', [hello, '--processor', 'z80'], /Allowed choices are .*pentium-133/],
    ['too much memory', [hello, '--memory', '4096'], /expected a whole number from 2 to 480/],
    ['a disk that is not there', [hello, '--disk', 'absent.img'], /disk absent.img: ENOENT/],
    ['a disk of no whole number of sectors', [hello, '--disk', hello], /bytes: expected a multiple of 512/],
    ['a result without a disk', [hello, '--disk-out', 'd.img'], /1 --disk-out, but only 0 --disk/],
    ['an --expect without --send', [hello, '--expect', 'x'], /1 --expect and 0 --send: each --expect needs one --send/],
    ['a malformed expression', [hello, '--until', '('], /Invalid regular expression/],
  ])('refuses %s as bad usage', (_name, args, message) => {
    const { status, stderr, stdout } = boot(...args);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('reads and writes a disk, whose file stays as it was, and says what was written and what is on the screen', () => {
    const before = new Uint8Array(16 * 512);
    before.set(Buffer.from('seven'), 7 * 512);
    const disk = file('disk.img', before);
    const result = join(folder, 'result.img');
    const image = guest('disk', (a) => {
      const wait = (label: string) => {
        a.mov(dx, 0x1f7);
        a.label(label);
        a.in(al, dx);
        a.test(al, 0x80);
        a.jnz(label);
      };
      // Copies sector 7 to sector 9, and its text to the screen.
      for (const [sector, command] of [
        [7, 0x20],
        [9, 0x30],
      ]) {
        for (const [port, value] of [
          [0x1f6, 0xe0],
          [0x1f2, 1],
          [0x1f3, sector],
          [0x1f4, 0],
          [0x1f5, 0],
          [0x1f7, command],
        ]) {
          a.mov(dx, port);
          a.mov(al, value);
          a.out(dx, al);
        }
        wait(`ready${sector}`);
        a.mov(dx, 0x1f0);
        a.mov(ecx, 128);
        a.mov(sector === 7 ? edi : esi, 0x200000);
        a.rep();
        if (sector === 7) a.db(0x6d);
        else a.db(0x6f);
      }
      wait('written');
      for (let i = 0; i < 5; i++) {
        a.mov(al, mem8({ disp: 0x200000 + i }));
        a.mov(mem8({ disp: 0xb8000 + 2 * i }), al);
      }
      exit(a, 0);
    });
    const { status, stderr } = boot(image, '--disk', disk, '--disk-out', result, '--screen');
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'seven\n' });
    const after = before.slice();
    after.set(Buffer.from('seven'), 9 * 512);
    expect(new Uint8Array(readFileSync(result))).toEqual(after);
    expect(new Uint8Array(readFileSync(disk))).toEqual(before);
  });

  it('goes on from a snapshot as if it had not stopped', () => {
    const image = guest('counter', (a) => {
      a.mov(ebx, 0x41);
      a.label('next');
      a.mov(eax, ebx);
      a.mov(dx, 0x3f8);
      a.out(dx, al);
      a.mov(ecx, 100000);
      a.label('wait');
      a.dec(ecx);
      a.jnz('wait');
      a.inc(ebx);
      a.cmp(ebx, 0x51);
      a.jb('next');
      exit(a, 7);
    });
    const saved = join(folder, 'saved');
    const whole = boot(image);
    const first = boot(image, '--max-cycles', '2000000', '--save', saved);
    expect(first.status).toBe(1);
    expect(first.stdout.length).toBeGreaterThan(0);
    const rest = boot('--resume', saved);
    expect([first.stdout + rest.stdout, rest.status]).toEqual([whole.stdout, 7]);
    const refused = boot('--resume', image);
    expect(refused.stderr).toMatch(/not a snapshot/);
    expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status: 2, stdout: '' });
    expect(boot().stderr).toMatch(/no image: give one, or --resume FILE/);
  });

  it('runs the same twice', () => {
    const image = guest('clock', (a) => {
      // Waits for the timer's counter to move, then prints what the time stamp says, a digit a nibble.
      a.mov(al, 0);
      a.out(0x43, al);
      a.in(al, 0x40);
      a.mov(ebx, sym('start'));
      a.rdtsc();
      a.mov(dx, 0x3f8);
      for (let i = 0; i < 8; i++) {
        a.out(dx, al);
        a.shr(ax, 2);
      }
      exit(a, 0);
    });
    const first = boot(image);
    expect(first.stdout).toHaveLength(8);
    expect(boot(image)).toEqual(first);
  });
});
