// `staticAssert(condition, 'text')` among the statements of a file: the build fails with the text where the condition does
// not hold. The condition is of what is known when the file compiles: constants, offsetof, sizeof.
import { type Compiler, errorAtNode, type Node, ownSources, type Parser, parseAt } from './syntax.js';

interface Statement extends Node {
  readonly expression?: Node & { readonly expression?: { readonly text?: string }; readonly args?: readonly Node[] };
}

export function makeAsserts(compiler: Compiler, parser: Parser): void {
  for (const { statements, text } of ownSources(parser))
    for (const [i, statement] of statements.entries()) {
      const { expression } = statement as Statement;
      if (statement.kind !== compiler.NodeKind.Expression || expression?.expression?.text !== 'staticAssert') continue;
      const [condition, message] = expression.args ?? [];
      if (!condition || !message) throw errorAtNode(statement, 'staticAssert takes a condition and a text');
      const written = (n: Node) => text.slice(n.range.start, n.range.end);
      const code = `if (!(${written(condition)})) ERROR(${written(message)});`.replaceAll('\n', ' ');
      [statements[i]] = parseAt(compiler, code, statement);
    }
}
