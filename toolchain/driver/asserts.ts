// `staticAssert(condition, 'text')` among the statements of a file: the build fails with the text where the condition does
// not hold. The condition is of what is known when the file compiles: constants, offsetof, sizeof.
import { type Compiler, errorAtNode, type Node, ownSources, type Parser, parseAt, walk } from './syntax.js';

interface Expression extends Node {
  readonly text?: string;
  readonly value?: unknown;
  readonly expression?: Expression;
  readonly args?: readonly Expression[];
}

const NAME = 'staticAssert';
const UNKNOWN = `${NAME} takes a condition of constants, offsetof and sizeof: this one is not known before the code runs`;

export function makeAsserts(compiler: Compiler, parser: Parser): void {
  const { NodeKind } = compiler;
  for (const { statements, text } of ownSources(parser)) {
    if (!text.includes(NAME)) continue;
    for (const [i, statement] of statements.entries()) {
      const { expression } = statement as Expression;
      if (statement.kind !== NodeKind.Expression || expression?.expression?.text !== NAME) continue;
      const [condition, message, more] = expression.args ?? [];
      if (!condition || typeof message?.value !== 'string' || more)
        throw errorAtNode(statement, `${NAME} takes a condition and a text: ${NAME}(SIZE == 64, 'why')`);
      const [unknown, failure] = [UNKNOWN, message.value].map((t) => `ERROR(${JSON.stringify(t)});`);
      // A condition that is not known makes the compiler look at both branches.
      const check = `if (${NAME}) { if (!${NAME}) ${unknown} } else ${failure}`;
      const made = parseAt(compiler, check, statement);
      walk(made, (node) =>
        node.kind === NodeKind.Identifier && (node as Expression).text === NAME ? condition : node,
      );
      [statements[i]] = made;
    }
    walk(statements, (node) => {
      if (node.kind === NodeKind.Call && (node as Expression).expression?.text === NAME)
        throw errorAtNode(node, `${NAME} stands among the statements of a file, outside of functions and blocks`);
      return node;
    });
  }
}
