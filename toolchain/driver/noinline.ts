// `noinline(f, g)` among the statements of a file: these functions of the file are called wherever they are used, and
// never copied to where they are used. The optimiser copies what is short and calls nothing, or has one user: right for
// most code, and wrong for what is used all over and never in a hurry, such as printing.
import { type Compiler, errorAtNode, type Node, ownSources, type Parser, walk } from './syntax.js';

interface Statement extends Node {
  readonly name?: { readonly text: string };
  readonly typeParameters?: readonly Node[] | null;
  readonly expression?: Node & {
    readonly expression?: { readonly text?: string };
    readonly args?: readonly (Node & { readonly text?: string })[];
  };
}

const NAME = 'noinline';

/** Takes the statements out; names of the functions as the compiler will call them: `file/name`. */
export function takeNoinline(compiler: Compiler, parser: Parser): readonly string[] {
  const { NodeKind } = compiler;
  const taken: string[] = [];
  for (const { statements, normalizedPath, text } of ownSources(parser)) {
    if (!text.includes(NAME)) continue;
    const functions = (statements as Statement[]).filter((s) => s.kind === NodeKind.FunctionDeclaration);
    for (let i = statements.length - 1; i >= 0; i--) {
      const { kind, expression } = statements[i] as Statement;
      if (kind !== NodeKind.Expression || expression?.expression?.text !== NAME) continue;
      if (!expression.args?.length) throw errorAtNode(statements[i], `${NAME} takes names of functions of this file`);
      for (const arg of expression.args) {
        const meant = functions.find((f) => arg.kind === NodeKind.Identifier && f.name?.text === arg.text);
        if (!meant || meant.typeParameters?.length)
          throw errorAtNode(
            arg,
            `${NAME} takes names of functions that this file declares, and none with type parameters`,
          );
        taken.push(`${normalizedPath.replace(/\.ts$/, '')}/${arg.text}`);
      }
      statements.splice(i, 1);
    }
    walk(statements, (node) => {
      if (node.kind === NodeKind.Call && (node as Statement['expression'])?.expression?.text === NAME)
        throw errorAtNode(node, `${NAME} stands among the statements of a file, outside of functions and blocks`);
      return node;
    });
  }
  return taken;
}
