// What guest code may not use, though AssemblyScript or TypeScript has it: each with what to write instead.
//
// A feature is found where it can be seen first: in the syntax tree; by what the compiler says of it, for what it cannot
// parse or compile either; or, in the back end, by the function of the library that it ends in.
import { type Compiler, errorAtNode, type Node, ownSources, type Parser, walk } from './syntax.js';

interface Banned {
  /** As a person would call it, and why not. */
  readonly what: string;
  readonly instead: string;
  /** The node that it begins with. */
  readonly node?: (n: Shape, c: Compiler) => boolean;
  /** What the compiler says of it. */
  readonly message?: RegExp;
  /** What stands where the compiler stumbles: the text up to the place, and from it on. */
  readonly syntax?: (before: string, after: string) => boolean;
}

/** Any node, with what the rules below look at. */
interface Shape extends Node {
  readonly literalKind?: number;
  readonly operator?: number;
  readonly parameterKind?: number;
  readonly flags?: number;
  readonly name?: { readonly identifier?: { readonly text: string }; readonly text?: string };
  readonly decorators?: readonly { readonly name: { readonly text: string } }[] | null;
  readonly members?: readonly Shape[];
  readonly initializer?: Shape | null;
  readonly expression?: Shape;
  readonly property?: { readonly text: string };
  readonly text?: string;
  readonly left?: Shape;
  readonly right?: Shape;
}

const RUNTIME = 'guest code has no runtime';
const STRUCTURE =
  'declare a static area, memory.data(size, alignment), and lay a structure over it by changetype<C>(area)';

const ARRAYS = ['Array', 'StaticArray', 'Map', 'Set', 'WeakMap', 'WeakSet', 'ArrayBuffer', 'DataView'];
const TYPED = /^(Ui|I)nt(8|16|32|64)(Clamped)?Array$|^Float(32|64)Array$/;
const OBJECTS = ['Math', 'Mathf', 'Date', 'JSON', 'Promise', 'Reflect', 'Symbol'];

const literal = (n: Shape, c: Compiler, kind: string): boolean =>
  n.kind === c.NodeKind.Literal && n.literalKind === c.LiteralKind[kind];
const typeName = (n: Shape, c: Compiler): string | undefined =>
  n.kind === c.NodeKind.NamedType ? n.name?.identifier?.text : undefined;
const dotted = (n: Shape): string => `${n.expression?.text}.${n.property?.text}`;
const isText = (n: Shape | undefined, c: Compiler): boolean => !!n && literal(n, c, 'String');

export const BANNED: readonly Banned[] = [
  {
    what: `throw: there are no exceptions, since ${RUNTIME}`,
    instead: 'return an error number, or call what ends the kernel',
    node: (n, c) => n.kind === c.NodeKind.Throw,
  },
  {
    what: `try, catch and finally: there are no exceptions, since ${RUNTIME}`,
    instead: 'test what the function returns',
    node: (n, c) => n.kind === c.NodeKind.Try,
  },
  {
    what: `new: ${RUNTIME}, so nothing can be allocated`,
    instead: `${STRUCTURE}, or put it into another structure (@embedded)`,
    node: (n, c) => n.kind === c.NodeKind.New,
  },
  {
    what: 'a class without @unmanaged: its objects need a garbage collector',
    instead: 'write @unmanaged before the class, which makes it a layout of memory',
    node: (n, c) =>
      n.kind === c.NodeKind.ClassDeclaration && !n.decorators?.some(({ name }) => name.text === 'unmanaged'),
  },
  {
    what: 'an interface: a call of its methods would need a table of methods',
    instead: 'call the function itself, or one of a table: const TABLE = functions<F>(f, g)',
    node: (n, c) => n.kind === c.NodeKind.InterfaceDeclaration,
  },
  {
    what: 'an abstract method: classes here have no tables of methods',
    instead: 'call the function itself, or one of a table: const TABLE = functions<F>(f, g)',
    node: (n, c) => n.kind === c.NodeKind.MethodDeclaration && ((n.flags ?? 0) & c.CommonFlags.Abstract) !== 0,
  },
  {
    what: 'a constructor, which nothing ever calls: structures are memory, and come into being as zeros',
    instead: 'set the fields by a function',
    node: (n, c) => n.kind === c.NodeKind.MethodDeclaration && ((n.flags ?? 0) & c.CommonFlags.Constructor) !== 0,
  },
  {
    what: 'a field with an initial value, which nothing ever stores: structures are memory, and come into being as zeros',
    instead: 'set the field by a function',
    node: (n, c) =>
      n.kind === c.NodeKind.FieldDeclaration && !!n.initializer && ((n.flags ?? 0) & c.CommonFlags.Static) === 0,
  },
  {
    what: 'instanceof: a structure does not know its class',
    instead: 'keep a field that says what it is',
    node: (n, c) => n.kind === c.NodeKind.InstanceOf,
  },
  {
    what: 'typeof: types are gone when code runs',
    instead: 'name the type',
    node: (n, c) => n.kind === c.NodeKind.UnaryPrefix && n.operator === c.Token.TypeOf,
  },
  {
    what: `a template string: ${RUNTIME}, so no string can be built`,
    instead: 'print its pieces one by one: print("a "); printNumber(n)',
    node: (n, c) => literal(n, c, 'Template'),
  },
  {
    what: `a string put together: ${RUNTIME}, so strings are literals only`,
    instead: 'print its pieces one by one',
    node: (n, c) =>
      n.kind === c.NodeKind.Binary &&
      (n.operator === c.Token.Plus || n.operator === c.Token.Plus_Equals) &&
      (isText(n.left, c) || isText(n.right, c)),
  },
  {
    what: `an array: ${RUNTIME}`,
    instead: 'declare a static area, memory.data(size) or memory.data<u32>([1, 2, 3]), or a field @elements(n)',
    node: (n, c) => literal(n, c, 'Array'),
  },
  {
    what: `an object literal: ${RUNTIME}`,
    instead: `declare a class with @unmanaged, and ${STRUCTURE}`,
    node: (n, c) => literal(n, c, 'Object'),
  },
  {
    what: `a regular expression: ${RUNTIME}`,
    instead: 'compare byte by byte (kernels/lib/text.ts)',
    node: (n, c) => literal(n, c, 'RegExp'),
  },
  {
    what: `arrays, maps and sets: ${RUNTIME}`,
    instead: 'declare a static area, memory.data(size), or a field @elements(n), and index it with Elements or Structs',
    node: (n, c) => ARRAYS.includes(typeName(n, c) ?? '') || TYPED.test(typeName(n, c) ?? ''),
  },
  {
    what: 'floating point: guest code must not touch the program’s floating-point registers',
    instead: 'use integers: scale by a power of two, or divide last (umulh and udiv64 of kernels/lib/x86.ts)',
    node: (n, c) => literal(n, c, 'Float') || ['f32', 'f64', 'number'].includes(typeName(n, c) ?? ''),
  },
  {
    what: 'an object of the host: there is none below a kernel',
    instead: 'use kernels/lib: print for text, min, max and the like without Math., an intrinsic for a device',
    node: (n, c) =>
      n.kind === c.NodeKind.PropertyAccess &&
      n.expression?.kind === c.NodeKind.Identifier &&
      (OBJECTS.includes(n.expression.text ?? '') || /^console\.(log|info|warn|error|debug)$/.test(dotted(n))),
  },
  {
    what: 'assert: images are built without it, so it would check nothing',
    instead: 'staticAssert(condition, text) for what is known when it compiles; else call what ends the kernel',
    node: (n, c) =>
      n.kind === c.NodeKind.Call && n.expression?.kind === c.NodeKind.Identifier && n.expression.text === 'assert',
  },
  {
    what: `a spread or rest argument: ${RUNTIME}, and functions have as many arguments as they say`,
    instead: 'pass the arguments one by one, or the address of an area and how many there are',
    node: (n, c) =>
      (n.kind === c.NodeKind.Parameter && n.parameterKind === c.ParameterKind.Rest) ||
      (n.kind === c.NodeKind.UnaryPrefix && n.operator === c.Token.Dot_Dot_Dot),
  },
  {
    what: `for-of: ${RUNTIME}, so there are no iterators`,
    instead: 'count: for (let i: u32 = 0; i < n; i++)',
    node: (n, c) => n.kind === c.NodeKind.ForOf,
  },
  {
    what: `a closure: ${RUNTIME}, so a function sees no variables of the function around it`,
    instead: 'pass what it needs as arguments, or keep it in a global',
    message: /Closures/,
  },
  {
    what: `a generator: ${RUNTIME}, and one stack`,
    instead: 'keep the state in a structure, and give a function that takes the next step',
    node: (n, c) => n.kind === c.NodeKind.UnaryPrefix && n.operator === c.Token.Yield,
    syntax: (before, after) => /\bfunction\s*$/.test(before) && /^\s*\*/.test(after),
  },
  {
    what: 'async and await: there is no event loop below a kernel',
    instead: 'block the thread, or keep the state in a structure and go on when the interrupt comes',
    node: (n, c) => n.kind === c.NodeKind.UnaryPrefix && n.operator === c.Token.Await,
    syntax: (_, after) => /^(export\s+)?async\b|^await\b/.test(after),
  },
  {
    what: `destructuring: ${RUNTIME}`,
    instead: 'read the fields one by one',
    syntax: (_, after) => /^(const|let|var)\s*[[{]/.test(after),
  },
  {
    what: '?. and ??: the language has null, but not these',
    instead: 'test for null by if, or by ? :',
    syntax: (before, after) => /\?\.?$/.test(before) || /^\s*(\?\?|\?\.)/.test(after),
  },
  {
    what: 'a number with n behind it',
    instead: 'write 3, and u64 or i64 as its type',
    syntax: (before, after) => /\d$/.test(before) && /^n\b/.test(after),
  },
  {
    what: 'delete: structures are memory, and their fields stay',
    instead: 'store 0, or null',
    message: /'delete'/,
  },
  {
    what: 'a value of any type: memory does not know what it holds',
    instead: 'name the type, or take usize and lay a structure over it by changetype<C>(address)',
    message: /Cannot find name '(any|unknown|object|never)'/,
  },
];

const textOf = ({ what, instead }: Banned): string => `${what}. Instead: ${instead}`;

/** What the overridden method of a structure is told. */
export const NO_OVERRIDE = (base: string): string =>
  `it overrides a method of ${base}, and classes here have no tables of methods. Instead: give it another name, or call ` +
  'one of a table: const TABLE = functions<F>(f, g)';

/** @throws CompileError at the first banned feature that the syntax tree shows */
export function checkDialect(compiler: Compiler, parser: Parser): void {
  const { NodeKind } = compiler;
  const [rules, arrays] = [BANNED.filter((b) => b.node), BANNED.find((b) => b.what.startsWith('an array')) as Banned];
  for (const source of ownSources(parser))
    for (const statement of source.statements)
      walk(statement, (node) => {
        // Drawings (@bits) are template strings, memory.data takes an array literal, and TypeScript wants `[key: number]`.
        if (node.kind === NodeKind.Decorator || node.kind === NodeKind.IndexSignature) return null;
        const literals = isStaticData(node, compiler);
        if (literals) {
          for (const e of literals)
            walk(e, (inner) =>
              check(
                inner,
                rules.filter((r) => r !== arrays),
              ),
            );
          return null;
        }
        return check(node, rules);
      });
  function check(node: Node, list: readonly Banned[]): Node {
    const found = list.find((b) => b.node?.(node as Shape, compiler));
    if (found) throw errorAtNode(node, textOf(found));
    return node;
  }
}

/** The arguments of `memory.data<T>([...])`. */
function isStaticData(node: Node, { NodeKind }: Compiler): readonly Node[] | undefined {
  const { expression, args } = node as Shape & { args?: readonly Node[] };
  if (node.kind !== NodeKind.Call || expression?.kind !== NodeKind.PropertyAccess) return undefined;
  return expression.property?.text === 'data' && expression.expression?.text === 'memory' ? args : undefined;
}

/** What to say in place of the compiler's own message, if a banned feature is what made it stumble. */
export function explain(message: string, line: string, column: number): string | undefined {
  const [before, after] = [line.slice(0, column - 1), line.slice(column - 1)];
  const found = BANNED.find((b) => b.message?.test(message) || b.syntax?.(before, after));
  return found && textOf(found);
}
