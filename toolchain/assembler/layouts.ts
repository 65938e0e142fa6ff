// What stubs take from the compiled code, by name: offsets of fields, in bytes, and values of constants.
import { AssemblerError } from './operands.js';

/** Of one structure; `sizeof` is its size. */
export type Layout = ReadonlyMap<string, number>;
/** Two classes of one name are known by neither, and so are constants of one name and several values. */
export interface Layouts {
  /** By the name of the class. */
  readonly structures: ReadonlyMap<string, Layout | 'ambiguous'>;
  constant(name: string): number | 'ambiguous' | undefined;
}

/**
 * What stands for a value while no compiled code is there: small, so that it fits wherever a value may stand, and another
 * for most other names, so that stubs which ask for something else are other bytes.
 */
function standIn(name: string): number {
  let hash = 0;
  for (const c of name) hash = (Math.imul(hash, 31) + (c.codePointAt(0) as number)) >>> 0;
  return 4 * (hash % 31);
}

/** @throws AssemblerError where there is no such constant. Without layouts: see standIn. */
export function constantOf(name: string, layouts: Layouts | undefined): number {
  const value = layouts ? layouts.constant(name) : standIn(name);
  if (value === undefined) throw new AssemblerError(`the compiled code has no constant '${name}'`);
  if (value === 'ambiguous') throw new AssemblerError(`several constants are called '${name}', of different values`);
  return value;
}

/** @throws AssemblerError where there is no such structure, or, when it is asked for, no such field */
export function fieldsOf<Field extends string>(
  name: string,
  layouts: Layouts | undefined,
  asked: (field: string) => void,
): Readonly<Record<Field | 'sizeof', number>> {
  const layout = layouts?.structures.get(name);
  if (layout === 'ambiguous') throw new AssemblerError(`several structures are called '${name}'`);
  if (layouts && !layout) throw new AssemblerError(`the compiled code has no structure '${name}'`);
  const offset = (_: object, field: string | symbol): number => {
    asked(String(field));
    const found = layouts ? layout?.get(String(field)) : standIn(`${name}.${String(field)}`);
    if (found !== undefined) return found;
    const fields = [...(layout?.keys() ?? [])].join(', ');
    throw new AssemblerError(`'${name}' has no field '${String(field)}'; there are: ${fields}`);
  };
  return new Proxy({}, { get: offset }) as Readonly<Record<Field | 'sizeof', number>>;
}
