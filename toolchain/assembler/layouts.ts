// Layouts of the structures that compiled code and stubs share: offsets of fields by name, in bytes.
import { AssemblerError } from './operands.js';

/** Of one structure; `sizeof` is its size. */
export type Layout = ReadonlyMap<string, number>;
/** By the name of the class. Two classes of one name are known by neither. */
export type Layouts = ReadonlyMap<string, Layout | 'ambiguous'>;

/** @throws AssemblerError where there is no such structure, or, when it is asked for, no such field */
export function fieldsOf<Field extends string>(
  name: string,
  layouts: Layouts | undefined,
): Readonly<Record<Field | 'sizeof', number>> {
  const layout = layouts?.get(name);
  if (layout === 'ambiguous') throw new AssemblerError(`several structures are called '${name}'`);
  if (layouts && !layout) throw new AssemblerError(`the compiled code has no structure '${name}'`);
  const offset = (_: object, field: string | symbol): number => {
    const found = layouts ? layout?.get(String(field)) : 0;
    if (found !== undefined) return found;
    const fields = [...(layout?.keys() ?? [])].join(', ');
    throw new AssemblerError(`'${name}' has no field '${String(field)}'; there are: ${fields}`);
  };
  return new Proxy({}, { get: offset }) as Readonly<Record<Field | 'sizeof', number>>;
}
