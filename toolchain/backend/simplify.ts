// Tidies the control-flow graph: joins straight lines, threads jumps through empty blocks and through the tests that
// `&&` and `||` leave behind, copies returns and short loop heads to where they are jumped from.
import { type Block, contains, type Expr, expressions, substitute, successors, type Terminator } from './ir.js'

export function simplify(blocks: Block[]): Block[] {
  let all = reachable(blocks)
  for (let changed = true, round = 0; changed && round < 100; round++) {
    changed = threadEmpty(all)
    all = reachable(all)
    const predecessors = countPredecessors(all)
    const uses = countUses(all)
    for (const b of all) if (joinOrCopy(b, all[0], predecessors, uses)) changed = true
    all = reachable(all)
  }
  copyLoopTests(all)
  return reachable(all)
}

function reachable(blocks: Block[]): Block[] {
  const seen = new Set<Block>()
  const work = [blocks[0]]
  for (let b = work.pop(); b; b = work.pop()) {
    if (seen.has(b)) continue
    seen.add(b)
    work.push(...successors(b))
  }
  return blocks.filter((b) => seen.has(b))
}

/** Jumps to an empty block that only jumps go on to where it leads; decided branches become jumps. */
function threadEmpty(blocks: Block[]): boolean {
  let changed = false
  const beyond = (from: Block): Block => {
    let to = from
    for (let n = 0; n < 10 && to.statements.length === 0 && to.end?.kind === 'jump' && to.end.to !== to; n++) to = to.end.to
    if (to !== from) changed = true
    return to
  }
  for (const b of blocks) {
    const end = b.end as Terminator
    if (end.kind === 'jump') b.end = { ...end, to: beyond(end.to) }
    else if (end.kind === 'branch') {
      const [yes, no] = [beyond(end.yes), beyond(end.no)]
      b.end = { ...end, yes, no }
      if (end.condition.kind === 'const' && end.condition.symbol === undefined) {
        b.end = { kind: 'jump', to: end.condition.value !== 0 ? yes : no, position: end.position }
        changed = true
      }
    } else if (end.kind === 'switch') b.end = { ...end, to: end.to.map(beyond), other: beyond(end.other) }
  }
  return changed
}

function countPredecessors(blocks: Block[]): Map<Block, number> {
  const count = new Map<Block, number>()
  for (const b of blocks) for (const s of successors(b)) count.set(s, (count.get(s) ?? 0) + 1)
  return count
}

function countUses(blocks: Block[]): Map<number, number> {
  const count = new Map<number, number>()
  for (const b of blocks)
    for (const s of [...b.statements, b.end as Terminator]) for (const e of expressions(s)) addUses(e, count)
  return count
}

function addUses(e: Expr, count: Map<number, number>): void {
  contains(e, (x) => {
    if (x.kind === 'reg') count.set(x.reg, (count.get(x.reg) ?? 0) + 1)
    return false
  })
}

const isSimple = (e: Expr): boolean => e.kind === 'const' || e.kind === 'reg'

function joinOrCopy(b: Block, entry: Block, predecessors: Map<Block, number>, uses: Map<number, number>): boolean {
  const end = b.end as Terminator
  const last = b.statements[b.statements.length - 1]
  const setOnly = last?.kind === 'set' && uses.get(last.reg) === 1 ? last : undefined
  if (end.kind === 'branch' && setOnly && contains(end.condition, (e) => e.kind === 'reg' && e.reg === setOnly.reg)) {
    b.statements.pop()
    b.end = { ...end, condition: substitute(end.condition, setOnly.reg, setOnly.value) }
    uses.delete(setOnly.reg)
    return true
  }
  if (end.kind !== 'jump') return false
  const next = end.to
  if (next === b) return false
  if (predecessors.get(next) === 1 && next !== entry) {
    b.statements.push(...next.statements)
    b.end = next.end
    next.statements = []
    next.end = { kind: 'trap', position: end.position }
    predecessors.delete(next)
    return true
  }
  if (next.statements.length > 0) return false
  const tail = next.end as Terminator
  if (tail.kind === 'return' && tail.values.every(isSimple)) {
    const [value] = tail.values
    const direct = tail.values.length === 1 && value.kind === 'reg' && last?.kind === 'set' && last.reg === value.reg
    if (direct) b.statements.pop()
    b.end = direct ? { ...tail, values: [last.value] } : tail
    if (!direct) for (const e of tail.values) addUses(e, uses)
    predecessors.set(next, (predecessors.get(next) as number) - 1)
    return true
  }
  if (tail.kind === 'branch' && setOnly && contains(tail.condition, (e) => e.kind === 'reg' && e.reg === setOnly.reg)) {
    b.statements.pop()
    addUses(tail.condition, uses)
    uses.set(setOnly.reg, 1)
    b.end = { ...tail, condition: substitute(tail.condition, setOnly.reg, setOnly.value) }
    predecessors.set(next, (predecessors.get(next) as number) - 1)
    for (const to of [tail.yes, tail.no]) predecessors.set(to, (predecessors.get(to) as number) + 1)
    return true
  }
  return false
}

/** A jump back to a loop head that only tests becomes that test: one jump less an iteration. */
function copyLoopTests(blocks: Block[]): void {
  const index = new Map(blocks.map((b, i) => [b, i]))
  for (const b of blocks) {
    if (b.end?.kind !== 'jump') continue
    const head = b.end.to
    if (!head.isLoopHead || (index.get(head) as number) > (index.get(b) as number)) continue
    if (head.end?.kind !== 'branch' || head.statements.length > 3) continue
    if (!head.statements.every((s) => s.kind === 'set')) continue
    b.statements.push(...head.statements)
    b.end = { ...head.end }
  }
}
