// How large each port of the guest is: the lines of its own files, and those of the library files that it needs, apart by
// whether other ports need them too. A line counts when it holds more than blanks and comments.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { PROJECT_ROOT } from './images.js';

export interface PortSize {
  readonly port: string;
  readonly files: number;
  /** Lines of the port's own files: compiled code, and stubs. */
  readonly own: number;
  readonly ownStubs: number;
  /** Lines of library files (kernels/lib) that this port alone reaches, and of those that others reach too. */
  readonly library: number;
  readonly shared: number;
  /** Lines of the kernel that is the same in every port. */
  readonly guest: number;
}

/** Folders under kernels/ports that hold a port: those with a port.ts. */
export function portNames(root = PROJECT_ROOT): string[] {
  const ports = join(root, 'kernels/ports');
  return readdirSync(ports, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(ports, entry.name, 'port.ts')))
    .map((entry) => entry.name)
    .sort();
}

export function portSizes(root = PROJECT_ROOT): PortSize[] {
  const names = portNames(root);
  const reached = new Map(names.map((name) => [name, libraryOf(root, filesIn(root, `kernels/ports/${name}`))]));
  const guest = linesOf(root, filesIn(root, 'kernels/guest'));
  return names.map((name) => {
    const own = filesIn(root, `kernels/ports/${name}`);
    const stubs = own.filter((file) => file.includes('/stubs/'));
    const library = [...(reached.get(name) as Set<string>)];
    const others = names.filter((other) => other !== name);
    const isShared = (file: string) =>
      others.some((other) => reached.get(other)?.has(file)) || guestLibrary(root).has(file);
    return {
      port: name,
      files: own.length,
      own: linesOf(root, own) - linesOf(root, stubs),
      ownStubs: linesOf(root, stubs),
      library: linesOf(
        root,
        library.filter((file) => !isShared(file)),
      ),
      shared: linesOf(root, library.filter(isShared)),
      guest,
    };
  });
}

/** Library files that the guest itself reaches: every port has them. */
function guestLibrary(root: string): Set<string> {
  return libraryOf(root, filesIn(root, 'kernels/guest'));
}

function filesIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file).replaceAll('\\', '/'))
    .sort();
}

/** The files of kernels/lib that these files reach by their imports. */
function libraryOf(root: string, files: readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (file: string): void => {
    for (const [, specifier] of readFileSync(join(root, file), 'utf8').matchAll(
      /^(?:import|export)[^;]*? from '(\.[^']+)';/gm,
    )) {
      const target = `${relative(root, resolve(root, dirname(file), specifier))
        .replaceAll('\\', '/')
        .replace(/\.js$/, '')}.ts`;
      if (!target.startsWith('kernels/lib/') || found.has(target) || !existsSync(join(root, target))) continue;
      found.add(target);
      visit(target);
    }
  };
  for (const file of files) visit(file);
  return found;
}

function linesOf(root: string, files: readonly string[]): number {
  return files.reduce((sum, file) => sum + codeLines(readFileSync(join(root, file), 'utf8')), 0);
}

/** Lines with something besides blanks and comments. */
export function codeLines(text: string): number {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .split('\n')
    .filter((line) => line.replace(/(^|\s)\/\/.*$/, '').trim() !== '').length;
}
