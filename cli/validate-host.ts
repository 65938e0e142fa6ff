/** `crossings validate host`: what the processor of this machine takes for what user mode may do, beside presets. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHAIN_CYCLES, COPIES, hostImage, hostProbes } from '../experiments/hardware/host-program.js';
import { measureHardware } from '../experiments/hardware/measure.js';
import { processors } from '../machine/processors/index.js';
import { executableOf, RUNTIME } from '../machine/verify/host/program.js';
import { buildCore } from '../toolchain/driver/core.js';
import { UsageError } from './errors.js';
import { known } from './options.js';

interface Flags {
  processor?: string[];
  json?: boolean;
}

export async function validateHost({ processor, json }: Flags): Promise<void> {
  const chosen = processor === undefined ? [] : known('processor', processor, Object.keys(processors));
  const { ticksOfCycle, cycles } = measureHost();
  const core = await WebAssembly.compile((await buildCore()) as BufferSource);
  const presets = chosen.map((id) => {
    const measured = measureHardware(core, processors[id]);
    return { id, of: (probe: string) => measured.find((m) => m.id === probe)?.value };
  });
  const rows = hostProbes.map(({ id, title }, i) => ({
    probe: id,
    title,
    host: Math.round(cycles[i] * 10) / 10,
    presets: Object.fromEntries(presets.map((preset) => [preset.id, preset.of(id) ?? null])),
  }));
  const name = cpus()[0]?.model ?? 'unknown';
  if (json) {
    process.stdout.write(`${JSON.stringify({ host: name, ticksOfCycle, rows })}\n`);
    return;
  }
  console.log(`${name}: cycles of the core, of which one is ${ticksOfCycle.toFixed(3)} ticks`);
  const line = (cells: readonly string[]): string =>
    cells.map((text, i) => (i === 0 ? text.padEnd(14) : i > chosen.length + 1 ? text : text.padStart(14))).join('  ');
  console.log(line(['probe', 'host', ...chosen, '']));
  for (const { probe, host, presets: values, title } of rows) {
    console.log(line([probe, host.toFixed(1), ...chosen.map((id) => values[id]?.toFixed(1) ?? '-'), title]));
  }
}

/** @throws UsageError where the host does not run 32-bit programs of Linux */
function measureHost(): { ticksOfCycle: number; cycles: number[] } {
  const { bytes, symbols } = hostImage(RUNTIME);
  const folder = mkdtempSync(join(tmpdir(), 'crossings-host-'));
  try {
    const file = join(folder, 'probes');
    writeFileSync(file, executableOf({ bytes, entry: symbols.get('start')! }), { mode: 0o755 });
    const { stdout, error, signal, status } = spawnSync(file, { timeout: 30_000 });
    if (error !== undefined || status !== 0 || stdout.length !== 4 * (hostProbes.length + 1)) {
      const why = error?.message ?? (signal === null ? `status ${status}` : `signal ${signal}`);
      throw new UsageError(`validate host: this machine does not run 32-bit programs for Linux on x86: ${why}`);
    }
    const ticks = [...new Uint32Array(Uint8Array.from(stdout).buffer)];
    const ticksOfCycle = ticks[0] / CHAIN_CYCLES;
    return { ticksOfCycle, cycles: ticks.slice(1).map((each) => each / ticksOfCycle / COPIES) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
