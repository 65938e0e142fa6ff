// Splits registers into webs: a local that is assigned several times is often several values that never meet. Each web
// (definitions that reach a common use) becomes a register of its own, so that the allocator may place them apart.
import {
  definesA,
  type Instruction,
  isVirtual,
  type MachineBlock,
  type MachineFunction,
  type Operand,
  usesAndDefs,
} from './machine.js';

export function splitWebs(f: MachineFunction): void {
  const definitions: number[] = [];
  const ofRegister = new Map<number, number>();
  const defined = new Map<Instruction, Map<number, number>>();
  for (const b of f.blocks)
    for (const i of b.instructions)
      for (const r of usesAndDefs(i).defs) {
        if (!isVirtual(r)) continue;
        ofRegister.set(r, (ofRegister.get(r) ?? 0) + 1);
        const here = defined.get(i) ?? new Map<number, number>();
        here.set(r, definitions.length);
        defined.set(i, here);
        definitions.push(r);
      }
  const split = new Set([...ofRegister].filter(([, count]) => count > 1).map(([r]) => r));
  if (split.size === 0) return;

  const parent = definitions.map((_, d) => d);
  const find = (d: number): number => {
    let root = d;
    while (parent[root] !== root) root = parent[root];
    while (parent[d] !== root) {
      const next = parent[d];
      parent[d] = root;
      d = next;
    }
    return root;
  };
  const used = new Map<Instruction, Map<number, number>>();
  const definitionIn = (i: Instruction, r: number) => defined.get(i)?.get(r) as number;
  for (const [r, touching] of accesses(f.blocks, split)) joinDefinitions(touching, r, definitionIn, parent, find, used);

  const names = new Map<number, number>();
  const taken = new Set<number>();
  const nameOf = (definition: number): number => {
    const root = find(definition);
    let name = names.get(root);
    if (name === undefined) {
      const original = definitions[root];
      name = taken.has(original) ? f.registers++ : original;
      taken.add(original);
      if (f.byteRegisters.has(original)) f.byteRegisters.add(name);
      names.set(root, name);
    }
    return name;
  };
  for (const b of f.blocks)
    for (const i of b.instructions) {
      const read = (r: number): number => {
        const d = used.get(i)?.get(r);
        return d === undefined ? r : nameOf(d);
      };
      const written = (r: number): number => {
        const d = defined.get(i)?.get(r);
        return d === undefined || !split.has(r) ? read(r) : nameOf(d);
      };
      i.a = rename(i.a, definesA(i) ? written : (r) => (used.get(i)?.has(r) ? read(r) : written(r)), read);
      i.b = rename(i.b, read, read);
    }
}

function rename(o: Operand | undefined, inRegister: (r: number) => number, inAddress: (r: number) => number) {
  if (o?.kind === 'reg') return { ...o, reg: inRegister(o.reg) };
  if (o?.kind === 'mem')
    return { ...o, base: o.base >= 0 ? inAddress(o.base) : o.base, index: o.index >= 0 ? inAddress(o.index) : o.index };
  return o;
}

interface Access {
  i: Instruction;
  use: boolean;
  def: boolean;
}
type Accesses = Map<MachineBlock, Access[]>;

/** Where each register of the set is read and written, by block, in order. */
function accesses(blocks: MachineBlock[], of: Set<number>): Map<number, Accesses> {
  const all = new Map<number, Accesses>([...of].map((r) => [r, new Map()]));
  for (const b of blocks)
    for (const i of b.instructions) {
      const { uses, defs } = usesAndDefs(i);
      for (const r of new Set([...uses, ...defs])) {
        const touching = all.get(r);
        if (!touching) continue;
        const list = touching.get(b) ?? [];
        touching.set(b, list);
        list.push({ i, use: uses.includes(r), def: defs.includes(r) });
      }
    }
  return all;
}

/** Joins the definitions of register r that reach a common use, and notes which definition each use reads. */
function joinDefinitions(
  touching: Accesses,
  r: number,
  definitionIn: (i: Instruction, r: number) => number,
  parent: number[],
  find: (d: number) => number,
  used: Map<Instruction, Map<number, number>>,
): void {
  const reaching = new Map<MachineBlock, Set<number>>();
  const work: [MachineBlock, Set<number>][] = [];
  for (const [b, list] of touching) {
    const last = list.findLast((t) => t.def);
    if (last) for (const s of b.successors) work.push([s, new Set([definitionIn(last.i, r)])]);
  }
  for (let next = work.pop(); next; next = work.pop()) {
    const [b, incoming] = next;
    const known = reaching.get(b) ?? new Set<number>();
    reaching.set(b, known);
    const fresh = [...incoming].filter((d) => !known.has(d));
    if (fresh.length === 0) continue;
    for (const d of fresh) known.add(d);
    if (!touching.get(b)?.some((t) => t.def)) for (const s of b.successors) work.push([s, new Set(fresh)]);
  }
  for (const [b, list] of touching) {
    let current = [...(reaching.get(b) ?? [])];
    for (const { i, use, def } of list) {
      if (use && current.length > 0) {
        for (const d of current) parent[find(d)] = find(current[0]);
        const here = used.get(i) ?? new Map<number, number>();
        here.set(r, current[0]);
        used.set(i, here);
        if (def) parent[find(definitionIn(i, r))] = find(current[0]);
      }
      if (def) current = [definitionIn(i, r)];
    }
  }
}
