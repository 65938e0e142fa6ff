/** Linear addresses at which the host wants to be called: an open hash table, consulted by the decoder only. */
import { dropAllRuns, HOOKS, HOOK_SLOTS } from './decode-cache';

let hooks: u32 = 0;
/** A profiler wants every instruction. */
let everything: bool = false;

// @ts-ignore: decorator
@inline function slotOf(la: u32): u32 { return (la * 0x9e3779b1) >> 19; }

export function hooked(la: u32): bool {
  return everything || listed(la);
}

/** Hooked for itself, not because everything is. */
export function listed(la: u32): bool {
  if (hooks == 0) return false;
  let slot = slotOf(la);
  while (true) {
    const found = load<u32>(HOOKS + (slot << 2));
    if (found == la + 1) return true;
    if (found == 0) return false;
    slot = (slot + 1) & (HOOK_SLOTS - 1);
  }
}

/** Calls the host before the instruction at `la` from now on, whatever address space it lies in. */
export function addHook(la: u32): void {
  if (listed(la) || hooks == HOOK_SLOTS - 1) return;
  let slot = slotOf(la);
  while (load<u32>(HOOKS + (slot << 2)) != 0) slot = (slot + 1) & (HOOK_SLOTS - 1);
  store<u32>(HOOKS + (slot << 2), la + 1);
  hooks++;
  dropAllRuns();
}

export function clearHooks(): void {
  memory.fill(HOOKS, 0, HOOK_SLOTS << 2);
  hooks = 0;
  dropAllRuns();
}

/** Calls the host before each instruction, or no longer. */
export function hookEverything(on: u32): void {
  if (everything == (on != 0)) return;
  everything = on != 0;
  dropAllRuns();
}
