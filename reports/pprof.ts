/**
 * A profile in the format of pprof (profile.proto, compressed by gzip), which `go tool pprof`, speedscope and others
 * open. A sample is an instruction: its location carries function and line, and the component is the frame above it.
 */
import { gzipSync } from 'node:zlib';
import { Line, Location, Function as PprofFunction, Profile, Sample, StringTable, ValueType } from 'pprof-format';
import { functionOf, type ProfileRow } from '../toolchain/debug/profile.js';

export function pprofOf(rows: readonly ProfileRow[], hz: number): Uint8Array {
  const strings = new StringTable();
  const type = (name: string, unit: string) => new ValueType({ type: strings.dedup(name), unit: strings.dedup(unit) });
  const functions: PprofFunction[] = [];
  const locations: Location[] = [];
  const known = new Map<string, number>();
  const location = (name: string, file: string, line: number, address: number): number => {
    const key = `${name}\n${file}\n${line}\n${address}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const id = locations.length + 1;
    functions.push(
      new PprofFunction({
        id,
        name: strings.dedup(name),
        systemName: strings.dedup(name),
        filename: strings.dedup(file),
        startLine: 0,
      }),
    );
    locations.push(new Location({ id, address, line: [new Line({ functionId: id, line })] }));
    known.set(key, id);
    return id;
  };
  const sample = rows
    .filter(({ cycles }) => cycles > 0)
    .map((row) => {
      const { component, place, address, cycles, instructions } = row;
      const leaf = location(functionOf(row), place?.file ?? '', place?.line ?? 0, address);
      return new Sample({ locationId: [leaf, location(component, '', 0, 0)], value: [cycles, instructions] });
    });
  const profile = new Profile({
    sampleType: [type('cycles', 'count'), type('instructions', 'count')],
    sample,
    location: locations,
    function: functions,
    stringTable: strings,
    comment: [strings.dedup(`cycles of a processor of ${hz} Hz, by crossings`)],
  });
  return gzipSync(profile.encode(), { level: 9 });
}
