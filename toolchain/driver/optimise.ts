// What Binaryen does to a module between AssemblyScript and the back end. AssemblyScript's own list for -O3 (optimize()
// in its src/module.ts) is the model: its order, and its limits of what is copied to where it is called. Left out is
// what changed no instruction count of the quality table (docs/code-quality.md) and of the kernels' measured paths next
// to nothing when it was left out; a seventh of the time. What belongs to floating point, objects or the host's stack
// machine is not there either: the back end has its own view of locals.
//
// The level is 3 for the passes that optimise again what they have changed: 4 would do so by way of flat code, which
// the list does once for everything.

/** What is used of Binaryen. */
export interface Binaryen {
  clearPassArguments(): void;
  setPassArgument(name: string, value: string | null): void;
  setOptimizeLevel(level: number): void;
  setShrinkLevel(level: number): void;
  setDebugInfo(on: boolean): void;
  setGenerateStackIR(on: boolean): void;
  setOptimizeStackIR(on: boolean): void;
  setAlwaysInlineMaxSize(size: number): void;
  setFlexibleInlineMaxSize(size: number): void;
  setOneCallerInlineMaxSize(size: number): void;
  setAllowInliningFunctionsWithLoops(on: boolean): void;
}

const WHOLE_PROGRAM = [
  'duplicate-function-elimination',
  'remove-unused-module-elements',
  'once-reduction',
  'inlining',
  'simplify-globals-optimizing',
  'generate-global-effects',
];

const EACH_FUNCTION = [
  ...['rse', 'vacuum', 'code-folding', 'ssa-nomerge', 'local-cse'],
  ...['remove-unused-brs', 'remove-unused-names', 'merge-blocks', 'precompute-propagate'],
  ...['simplify-locals-nostructure', 'flatten', 'vacuum', 'simplify-locals-notee-nostructure', 'vacuum'],
  ...['local-cse', 'licm', 'reorder-locals', 'optimize-instructions', 'dce'],
  ...['remove-unused-brs', 'remove-unused-names', 'merge-blocks', 'inlining', 'precompute-propagate'],
  ...['pick-load-signs', 'simplify-locals-notee-nostructure', 'vacuum', 'local-cse', 'reorder-locals'],
  ...['coalesce-locals', 'simplify-locals', 'coalesce-locals', 'reorder-locals', 'vacuum', 'rse', 'vacuum'],
  ...['remove-unused-brs', 'remove-unused-names', 'merge-blocks', 'optimize-instructions'],
];

const ONCE_MORE = [
  ...['inlining-optimizing', 'duplicate-import-elimination', 'precompute-propagate', 'directize', 'dae-optimizing'],
  ...['code-folding', 'ssa-nomerge', 'precompute-propagate'],
  ...['inlining-optimizing', 'directize', 'dae-optimizing'],
  ...['local-cse', 'coalesce-locals', 'simplify-locals', 'vacuum', 'precompute-propagate', 'rse', 'vacuum'],
  ...['ssa-nomerge', 'simplify-locals', 'coalesce-locals', 'optimize-instructions'],
  ...['remove-unused-brs', 'remove-unused-names', 'merge-blocks', 'vacuum'],
  ...['remove-unused-brs', 'optimize-instructions', 'vacuum'],
];

const LEFT_OVERS = [
  ...['reorder-globals', 'reorder-functions', 'duplicate-function-elimination', 'memory-packing'],
  ...['remove-unused-module-elements', 'discard-global-effects'],
];

/** @param noinline functions that are never copied to where they are called */
export function optimise(
  binaryen: Binaryen,
  module: { runPasses(passes: readonly string[]): void },
  noinline: readonly string[],
): void {
  // All options are global to the thread, and stay from image to image: each is set here.
  binaryen.clearPassArguments();
  for (const name of noinline) {
    binaryen.setPassArgument('no-inline', name);
    module.runPasses(['no-inline']);
  }
  binaryen.clearPassArguments();
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  binaryen.setDebugInfo(true);
  binaryen.setGenerateStackIR(false);
  binaryen.setOptimizeStackIR(false);
  binaryen.setAlwaysInlineMaxSize(12);
  binaryen.setFlexibleInlineMaxSize(70);
  binaryen.setOneCallerInlineMaxSize(200);
  binaryen.setAllowInliningFunctionsWithLoops(true);
  binaryen.setPassArgument('partial-inlining-ifs', '4');
  module.runPasses([...WHOLE_PROGRAM, ...EACH_FUNCTION, ...ONCE_MORE, ...LEFT_OVERS]);
}
