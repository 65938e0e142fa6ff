/**
 * Runs the benchmark's image on v86 (npm package of that name under $V86_DIR), as a process of its own: V86_DIR, the
 * image's path, and `nojit` or nothing. The guest's serial port goes to standard output line by line.
 */
import { readFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

interface V86 {
  add_listener(event: 'serial0-output-byte', listener: (byte: number) => void): void;
}

const [folder, image, mode] = process.argv.slice(2);
const build = resolve(folder, 'build');
const { V86 } = (await import(pathToFileURL(join(build, 'libv86.mjs')).href)) as { V86: new (options: object) => V86 };
const emulator = new V86({
  wasm_path: join(build, 'v86.wasm'),
  memory_size: 256 << 20,
  vga_memory_size: 2 << 20,
  multiboot: { buffer: Uint8Array.from(readFileSync(image)).buffer },
  autostart: true,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
  ...(mode === 'nojit' ? { disable_jit: true } : {}),
});
let line = '';
emulator.add_listener('serial0-output-byte', (byte) => {
  line += String.fromCharCode(byte);
  if (byte !== 0x0a) return;
  writeSync(1, line);
  if (line.startsWith('ALLDONE')) process.exit(0);
  line = '';
});
