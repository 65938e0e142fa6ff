// AssemblyScript to WebAssembly, in process: the compiler reads through a virtual file system, so that the driver knows
// every file an image depends on and can put other contents in place of some.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import asc from 'assemblyscript/asc'

export interface AscInput {
  /** The project's folder; all paths are relative to it. */
  readonly root: string
  readonly entry: string
  readonly aliases: Readonly<Record<string, string>>
  readonly memoryBase: number
}

export interface AscOutput {
  readonly wasm: Uint8Array
  /** The source map, as JSON. */
  readonly sourceMap: string
  /** Every project file that was asked for, and what was found. */
  readonly reads: ReadonlyMap<string, string | null>
  /** First address behind the static data, areas of zeros included. */
  readonly dataEnd: number
}

/** A file that does not compile; the message is the compiler's own, with file and line. */
export class CompileError extends Error {
  override name = 'CompileError'
}

export async function compileAssemblyScript(input: AscInput): Promise<AscOutput> {
  const { root, entry, aliases, memoryBase } = input
  const reads = new Map<string, string | null>()
  const written = new Map<string, string | Uint8Array>()
  if (!existsSync(join(root, entry))) throw new CompileError(`${entry}: there is no such file`)
  const readFile = (path: string): string | null => {
    if (path === 'asconfig.json') return null
    const known = reads.get(path)
    if (known !== undefined) return known
    const text = aliases[path] ?? readIfThere(join(root, path))
    reads.set(path, text)
    return text
  }
  const stderr = asc.createMemoryStream()
  const guard = new Guard()
  const options = [
    entry, '-O3', '--converge', '--runtime', 'stub', '--noAssert', '--debug', '--noColors', '--disableWarning',
    '--memoryBase', String(memoryBase), '--initialMemory', '65536', '--noExportMemory',
    '--outFile', 'image.wasm', '--sourceMap', '--baseDir', root,
  ]
  const { error } = await asc.main(options, {
    stderr,
    stdout: asc.createMemoryStream(),
    readFile: (path: string) => readFile(path.replaceAll('\\', '/')),
    writeFile: (path: string, contents: string | Uint8Array) => void written.set(path, contents),
    listFiles: () => [],
    transforms: [guard],
  } as unknown as Parameters<typeof asc.main>[1])
  const wasm = written.get('image.wasm')
  if (error || !(wasm instanceof Uint8Array))
    throw new CompileError(`${entry}: AssemblyScript reports\n${stderr.toString().trim() || error?.message}`)
  return { wasm, sourceMap: String(written.get('image.wasm.map')), reads, dataEnd: Math.max(guard.dataEnd, memoryBase) }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** What is used of Binaryen's module; the package's type declarations lag behind its names. */
interface BinaryenModule {
  getNumDataSegments(): number
  getDataSegmentByIndex(index: number): number
  getDataSegmentInfo(segment: number): { offset: number; data: ArrayBuffer }
}

/** Looks at the module before the optimiser drops areas that hold zeros. */
class Guard {
  dataEnd = 0
  afterCompile(module: BinaryenModule): void {
    for (let i = 0; i < module.getNumDataSegments(); i++) {
      const { offset, data } = module.getDataSegmentInfo(module.getDataSegmentByIndex(i))
      this.dataEnd = Math.max(this.dataEnd, (offset >>> 0) + data.byteLength)
    }
  }
}
