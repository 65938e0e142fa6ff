// AssemblyScript to WebAssembly, in process: the compiler reads through a virtual file system, so that the driver knows
// every file an image depends on and can put other contents in place of some.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Compiler, makeAreas, type Parser } from './areas.js';
import { makeStructs } from './structs.js';

export interface AscInput {
  /** The project's folder; all paths are relative to it. */
  readonly root: string;
  readonly entry: string;
  readonly aliases: Readonly<Record<string, string>>;
  readonly memoryBase: number;
}

export interface AscOutput {
  readonly wasm: Uint8Array;
  /** The source map, as JSON. */
  readonly sourceMap: string;
  /** Every project file that was asked for, and what was found. */
  readonly reads: ReadonlyMap<string, string | null>;
  /** First address behind the static data, areas of zeros included. */
  readonly dataEnd: number;
}

/** A file that does not compile; the message is the compiler's own, with file and line. */
export class CompileError extends Error {
  override name = 'CompileError';
}

export async function compileAssemblyScript(input: AscInput): Promise<AscOutput> {
  const { root, entry, aliases, memoryBase } = input;
  const reads = new Map<string, string | null>();
  const written = new Map<string, string | Uint8Array>();
  if (!existsSync(join(root, entry))) throw new CompileError(`${entry}: there is no such file`);
  const readFile = (path: string): string | null => {
    if (path === 'asconfig.json') return null;
    const known = reads.get(path);
    if (known !== undefined) return known;
    const text = aliases[path] ?? readIfThere(join(root, path));
    reads.set(path, text);
    return text;
  };
  // Loaded when something is to be compiled, and no sooner: it takes longer than most runs that need nothing compiled.
  const { default: asc } = await import('assemblyscript/asc');
  const compiler = (await import('assemblyscript')) as unknown as Compiler;
  const stderr = asc.createMemoryStream();
  const guard = new Guard(compiler);
  const options = [
    entry,
    '-O3',
    '--runtime',
    'stub',
    '--noAssert',
    '--debug',
    '--noColors',
    '--disableWarning',
    '--memoryBase',
    String(memoryBase),
    '--initialMemory',
    '65536',
    '--noExportMemory',
    '--outFile',
    'image.wasm',
    '--sourceMap',
    '--baseDir',
    root,
  ];
  const { error } = await asc.main(options, {
    stderr,
    stdout: asc.createMemoryStream(),
    readFile: (path: string) => readFile(path.replaceAll('\\', '/')),
    writeFile: (path: string, contents: string | Uint8Array) => void written.set(path, contents),
    listFiles: () => [],
    transforms: [guard],
  } as unknown as Parameters<typeof asc.main>[1]);
  const wasm = written.get('image.wasm');
  if (error instanceof CompileError) throw error;
  if (error || !(wasm instanceof Uint8Array))
    throw new CompileError(`${entry}: AssemblyScript reports\n${stderr.toString().trim() || error?.message}`);
  return {
    wasm,
    sourceMap: String(written.get('image.wasm.map')),
    reads,
    dataEnd: Math.max(guard.dataEnd, memoryBase),
  };
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** What is used of Binaryen's module; the package's type declarations lag behind its names. */
interface BinaryenModule {
  getNumDataSegments(): number;
  getDataSegmentByIndex(index: number): number;
  getDataSegmentInfo(segment: number): { offset: number; data: ArrayBuffer };
}

/** What is used of AssemblyScript's program. */
interface Program {
  readonly elementsByName: Map<string, ClassElement>;
}
interface ClassElement {
  readonly internalName: string;
  readonly instanceMembers?: Map<string, { readonly declaration: { readonly range: SourceRange } }> | null;
  readonly basePrototype?: ClassElement | null;
}
export interface SourceRange {
  readonly start: number;
  readonly source: { readonly normalizedPath: string; lineAt(position: number): number };
}

/** Looks at what the compiler does not check, and at the module before the optimiser drops areas that hold zeros. */
class Guard {
  dataEnd = 0;

  constructor(private readonly compiler: Compiler) {}

  afterParse(parser: Parser): void {
    makeStructs(this.compiler, parser);
    makeAreas(this.compiler, parser);
  }

  /** A method that overrides one of an unmanaged class is called wrongly, without a word: nobody may override. */
  afterInitialize(program: Program): void {
    for (const element of program.elementsByName.values()) {
      if (element.internalName.startsWith('~lib/') || !element.instanceMembers) continue;
      for (const [member, { declaration }] of element.instanceMembers)
        for (let base = element.basePrototype; base; base = base.basePrototype) {
          if (member === 'constructor' || !base.instanceMembers?.has(member)) continue;
          const { source, start } = declaration.range;
          throw new CompileError(
            `${source.normalizedPath}:${source.lineAt(start)}: '${member}' overrides that of ${base.internalName}; ` +
              'guest classes have no virtual methods: give it another name',
          );
        }
    }
  }

  afterCompile(module: BinaryenModule): void {
    for (let i = 0; i < module.getNumDataSegments(); i++) {
      const { offset, data } = module.getDataSegmentInfo(module.getDataSegmentByIndex(i));
      this.dataEnd = Math.max(this.dataEnd, (offset >>> 0) + data.byteLength);
    }
  }
}
