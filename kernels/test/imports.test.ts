// No import cycles (docs/contracts.md): what a file needs can be read before it. Imports of types alone are erased and do not
// count where the language knows them; AssemblyScript does not.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../experiments/runner/project.js';

const IMPORT = /^(?:import|export) (?!type )(?:[^;']*? from )?'(\.[^']+)';/gm;

function sources(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => join(folder, file));
}

/** Each file's imports among the files. */
function graphOf(files: readonly string[]): Map<string, string[]> {
  const among = new Set(files);
  return new Map(files.map((file) => [file, importsOf(file).filter((target) => among.has(target))]));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(projectRoot, file), 'utf8');
  return [...text.matchAll(IMPORT)].flatMap(([, specifier]) => {
    const path = relative(projectRoot, resolve(projectRoot, dirname(file), specifier)).replace(/\.js$/, '');
    return [`${path}.ts`, `${path}/index.ts`];
  });
}

/** One cycle, as the files along it, or undefined. */
function cycleIn(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    done.add(file);
    path.push(file);
    for (const target of graph.get(file) ?? []) {
      const found = visit(target);
      if (found) return found;
    }
    path.pop();
    return undefined;
  };
  for (const file of graph.keys()) {
    const found = visit(file);
    if (found) return found;
  }
  return undefined;
}

test('a cycle is found, and a file that two import is none', () => {
  const graph = (edges: Record<string, string[]>) => new Map(Object.entries(edges));
  expect(cycleIn(graph({ a: ['b', 'c'], b: ['c'], c: [] }))).toBeUndefined();
  expect(cycleIn(graph({ a: ['b'], b: ['c'], c: ['b'] }))).toEqual(['b', 'c', 'b']);
});

test('imports are seen', () => {
  expect(graphOf(sources('kernels')).get('kernels/guest/file.ts')).toContain('kernels/guest/pipe.ts');
});

test.each([
  'kernels',
  'machine',
  'toolchain',
  'vmm',
  'microkernel',
  'workloads',
  'experiments',
  'reports',
  'cli',
  'verify',
])('%s has no import cycles', (folder) => {
  expect(cycleIn(graphOf(sources(folder)))).toBeUndefined();
});
