// The generator: typed random programs that never trap and always end. Divisors are made odd or are constants, dividends
// that could be the smallest number are shifted, addresses are masked into the area, loops count to five at most,
// and calls only go to helpers with a lower number, or as long as there is fuel to the helper that calls.
import { signatureOf } from './expressions.js';
import { INTERESTING } from './forms.js';
import { type Batch, HELPERS, type Program, Random, SETS, SIGNATURES, type Type } from './program.js';
import { FunctionMaker } from './statements.js';

/** Helpers and `count` programs; the same seed makes the same batch. */
export function generate(seed: number, count: number): Batch {
  const r = new Random(seed);
  // The first four call nobody, so that calls inside of loops do not multiply without end.
  const helpers = Array.from({ length: HELPERS }, (_, i) =>
    new FunctionMaker(r, signatureOf(i), i < 4 ? 0 : 4, false, i).make(),
  );
  const programs = Array.from({ length: count }, (): Program => {
    const signature = { params: r.pick(SIGNATURES).params, result: r.pick<Type>(['i32', 'i64']) };
    const value = (t: Type): bigint => {
      const v = BigInt(r.chance(60) ? r.pick(INTERESTING) : r.below(0x7fffffff));
      return t === 'i32' ? v : BigInt.asIntN(64, (BigInt(r.below(1 << 30)) << 34n) ^ v);
    };
    const sets = Array.from({ length: SETS }, () => signature.params.map(value));
    return { ...new FunctionMaker(r, signature, HELPERS, true).make(), arguments: sets };
  });
  return { helpers, programs };
}
