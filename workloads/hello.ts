// The smallest program that says something: what exec measurements run.
import { print } from './lib/output';

export { signalDispatch, unixEnd, unixStart } from './lib/unix';

export function main(): i32 {
  print('Hello world\n');
  return 0;
}
