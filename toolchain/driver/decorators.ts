// Decorators: which there are, what each may stand at, and what it takes. All are looked at before any is carried out
// (structs.ts), wherever they stand: one that does nothing is an error, never ignored.
import type { Names } from './names.js';
import { type Compiler, errorAtNode, type Node, type Source, walk } from './syntax.js';

interface Rule {
  readonly at: 'class' | 'field';
  readonly takes: 'nothing' | 'drawing' | { readonly from: number };
  /** As it is written. */
  readonly example: string;
}

/** Those of the transforms; toolchain/guest.d.ts declares them for editors. */
const RULES: Readonly<Record<string, Rule>> = {
  embedded: { at: 'field', takes: 'nothing', example: '@embedded gate: Gate;' },
  elements: { at: 'field', takes: { from: 1 }, example: '@elements(16) buffers: Elements<u32>;' },
  volatile: { at: 'field', takes: 'nothing', example: '@volatile status: u32;' },
  offset: { at: 'field', takes: { from: 0 }, example: '@offset(12) flags: u32;' },
  size: { at: 'class', takes: { from: 1 }, example: '@unmanaged @size(48) class Request { ... }' },
  bits: { at: 'class', takes: 'drawing', example: '@bits(`drawing`) @unmanaged class Entry { ... }' },
  word: { at: 'class', takes: 'nothing', example: '@word @bits(`drawing`) @unmanaged class Entry { ... }' },
};
/** Those of the language. */
const OTHERS = ['unmanaged', 'inline', 'operator', 'external', 'global', 'lazy', 'unsafe', 'final', 'builtin'];
/** How a field is stored: at most one of them. */
const STORAGE = ['embedded', 'elements', 'volatile'];

export const isOwn = (name: string): boolean => Object.hasOwn(RULES, name);

interface Decorator extends Node {
  readonly name: { readonly text?: string; readonly expression?: { readonly text: string } };
  readonly args: readonly (Node & { readonly value?: unknown; readonly parts?: readonly string[] })[] | null;
}
interface Decorated extends Node {
  readonly decorators?: readonly Decorator[] | null;
  readonly flags?: number;
  readonly members?: readonly Node[];
}

/** @throws CompileError at the first decorator that is unknown, stands where it cannot, or takes what it cannot */
export function checkDecorators(compiler: Compiler, sources: readonly Source[], names: Names): void {
  const { NodeKind, CommonFlags } = compiler;
  for (const source of sources) {
    const top = new Set<Node>(source.statements);
    const fields = new Set<Node>();
    for (const c of source.statements as Decorated[])
      if (c.kind === NodeKind.ClassDeclaration)
        for (const m of (c.members ?? []) as Decorated[])
          if (m.kind === NodeKind.FieldDeclaration && !((m.flags ?? 0) & CommonFlags.Static)) fields.add(m);
    walk(source.statements, (node) => {
      const { decorators } = node as Decorated;
      const kind = fields.has(node) ? 'field' : node.kind === NodeKind.ClassDeclaration && top.has(node) ? 'class' : '';
      for (const [i, d] of (decorators ?? []).entries()) check(source, d, kind, decorators?.slice(0, i) ?? []);
      return node;
    });
  }

  function check(source: Source, d: Decorator, kind: string, before: readonly Decorator[]): void {
    const name = nameOf(d);
    const rule = isOwn(name) ? RULES[name] : undefined;
    if (!rule) {
      if (OTHERS.includes(name)) return;
      const known = [...Object.keys(RULES), ...OTHERS.slice(0, 4)].map((n) => `@${n}`);
      throw errorAtNode(d, `there is no decorator '@${name}'; there are: ${known.join(', ')}`);
    }
    const places = {
      class: 'classes among the statements of a file',
      field: 'fields (not static ones) of classes among the statements of a file',
    };
    if (rule.at !== kind) throw errorAtNode(d, `@${name} is for ${places[rule.at]}: ${rule.example}`);
    const others = before.map(nameOf);
    if (others.includes(name)) throw errorAtNode(d, `@${name} stands here twice`);
    const other = STORAGE.includes(name) && others.find((o) => STORAGE.includes(o));
    if (other) throw errorAtNode(d, `@${name} and @${other} cannot be had together: a field is stored in one way`);
    const { takes } = rule;
    const [argument, more] = d.args ?? [];
    if (takes === 'nothing') {
      if (argument) throw errorAtNode(argument, `@${name} takes nothing: ${rule.example}`);
    } else if (takes === 'drawing') {
      const isText = typeof argument?.value === 'string' || argument?.parts?.length === 1;
      if (!isText || more) throw errorAtNode(more ?? d, `@${name} takes one drawing, a text: ${rule.example}`);
    } else {
      const value = names.valueOf(source, argument);
      if (value === undefined || more || !Number.isInteger(value) || value < takes.from || value >= 2 ** 32)
        throw errorAtNode(
          more ?? argument ?? d,
          `@${name} takes a number from ${takes.from} on, or a constant: ${rule.example}`,
        );
    }
  }
}

const nameOf = (d: Decorator): string => d.name.text ?? d.name.expression?.text ?? '';
