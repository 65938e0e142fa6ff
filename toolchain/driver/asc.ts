// AssemblyScript to WebAssembly, in process: the compiler reads through a virtual file system, so that the driver knows
// every file an image depends on and can put other contents in place of some.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Layouts } from '../assembler/index.js';
import { makeAreas } from './areas.js';
import { makeAsserts } from './asserts.js';
import { CompileError } from './compile-error.js';
import { checkDecorators } from './decorators.js';
import { complaintOf, type Diagnostic } from './diagnostics.js';
import { checkDialect, NO_OVERRIDE } from './dialect.js';
import { type FunctionTable, makeTables } from './functions.js';
import { Names } from './names.js';
import { takeNoinline } from './noinline.js';
import { type Binaryen, optimise } from './optimise.js';
import { makeStructs } from './structs.js';
import { type Compiler, errorAtNode, type Node, ownSources, type Parser } from './syntax.js';

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
  /** Tables of functions; their entries are exports of the module. */
  readonly tables: readonly FunctionTable[];
  /** Structures and constants, for the stubs. */
  readonly layouts: Layouts;
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
  const { default: binaryen } = await import('assemblyscript/binaryen');
  const guard = new Guard(compiler, binaryen as Binaryen, entry);
  const complaints: Diagnostic[] = [];
  const options = [
    entry,
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
    stderr: asc.createMemoryStream(),
    stdout: asc.createMemoryStream(),
    reportDiagnostic: (d: Diagnostic) => void complaints.push(d),
    readFile: (path: string) => readFile(path.replaceAll('\\', '/')),
    writeFile: (path: string, contents: string | Uint8Array) => void written.set(path, contents),
    listFiles: () => [],
    transforms: [guard],
  } as unknown as Parameters<typeof asc.main>[1]);
  const wasm = written.get('image.wasm');
  if (error instanceof CompileError) throw error;
  if (error || !(wasm instanceof Uint8Array))
    throw (
      complaintOf(guard.diagnostics ?? complaints, reads) ??
      new CompileError(`${entry}: ${error?.message ?? 'nothing was compiled'}`)
    );
  return {
    wasm,
    sourceMap: String(written.get('image.wasm.map')),
    reads,
    dataEnd: Math.max(guard.dataEnd, memoryBase),
    tables: guard.tables,
    layouts: guard.layouts,
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
  runPasses(passes: readonly string[]): void;
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
  readonly name: string;
  readonly instanceMembers?: Map<string, { readonly declaration: Node }> | null;
  readonly basePrototype?: ClassElement | null;
}

/**
 * Looks at what the compiler does not check, and at the module before the optimiser drops areas that hold zeros;
 * optimises it, since the compiler was not told to.
 */
class Guard {
  dataEnd = 0;
  tables: readonly FunctionTable[] = [];
  layouts: Layouts = { structures: new Map(), constant: () => undefined };
  /** All that the compiler says, from the end of parsing on. */
  diagnostics?: readonly Diagnostic[];

  private noinline: readonly string[] = [];

  constructor(
    private readonly compiler: Compiler,
    private readonly binaryen: Binaryen,
    private readonly entry: string,
  ) {}

  afterParse(parser: Parser & { readonly diagnostics: readonly Diagnostic[] }): void {
    this.diagnostics = parser.diagnostics;
    const names = new Names(this.compiler, ownSources(parser));
    checkDialect(this.compiler, parser);
    checkDecorators(this.compiler, ownSources(parser), names);
    makeAsserts(this.compiler, parser);
    this.noinline = takeNoinline(this.compiler, parser);
    this.tables = makeTables(this.compiler, parser, this.entry, names);
    const structures = makeStructs(this.compiler, parser, names);
    this.layouts = { structures, constant: (name) => names.constant(name) };
    makeAreas(this.compiler, parser, names);
  }

  /** A method that overrides one of an unmanaged class is called wrongly, without a word: nobody may override. */
  afterInitialize(program: Program): void {
    for (const element of program.elementsByName.values()) {
      if (element.internalName.startsWith('~lib/') || !element.instanceMembers) continue;
      for (const [member, { declaration }] of element.instanceMembers)
        for (let base = element.basePrototype; base; base = base.basePrototype)
          if (member !== 'constructor' && base.instanceMembers?.has(member))
            throw errorAtNode(declaration, `'${member}': ${NO_OVERRIDE(base.name)}`);
    }
  }

  afterCompile(module: BinaryenModule): void {
    for (let i = 0; i < module.getNumDataSegments(); i++) {
      const { offset, data } = module.getDataSegmentInfo(module.getDataSegmentByIndex(i));
      this.dataEnd = Math.max(this.dataEnd, (offset >>> 0) + data.byteLength);
    }
    optimise(this.binaryen, module, this.noinline);
  }
}
