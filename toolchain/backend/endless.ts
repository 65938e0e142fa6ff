// Functions that never return, by their own code or because they call another such: what ends a kernel, its main loop, an
// idle loop. Behind a call of one nothing runs, so the code there is dropped, and a way that leads to such a call alone
// is a cold one (cold.ts).
import { type Block, type IrFunction, successors } from './ir.js';

export function cutBehindEndless(functions: readonly IrFunction[]): void {
  const endless = new Set<string>();
  for (let found = true; found; ) {
    found = false;
    for (const f of functions) {
      cut(f, endless);
      if (endless.has(f.name) || f.blocks.some((b) => b.end?.kind === 'return')) continue;
      endless.add(f.name);
      found = true;
    }
  }
}

function cut(f: IrFunction, endless: ReadonlySet<string>): void {
  let isCut = false;
  for (const b of f.blocks) {
    const at = b.statements.findIndex(
      (s) => s.kind === 'call' && typeof s.target === 'string' && endless.has(s.target),
    );
    if (at < 0 || (at === b.statements.length - 1 && b.end?.kind === 'trap')) continue;
    b.statements.length = at + 1;
    b.end = { kind: 'trap', position: b.statements[at].position };
    isCut = true;
  }
  if (isCut) f.blocks = reachable(f.blocks);
}

export function reachable(blocks: readonly Block[]): Block[] {
  const seen = new Set<Block>();
  const work = [blocks[0]];
  for (let b = work.pop(); b; b = work.pop()) {
    if (seen.has(b)) continue;
    seen.add(b);
    work.push(...successors(b));
  }
  return blocks.filter((b) => seen.has(b));
}
