// Time, and what the system says of itself.
import { CALL_TIME, CALL_UNAME } from '../../kernels/lib/callnumbers';
import { systemCall1 } from '../lib/stubs';
import { processTimes, sleepFor, timeOfDay } from '../lib/time';
import { NOWHERE, say } from './say';

const first: usize = memory.data(8, 4);
const second: usize = memory.data(8, 4);
const request: usize = memory.data(8, 4);
const names: usize = memory.data(400, 4);

function microseconds(): u32 {
  return (load<u32>(second) - load<u32>(first)) * 1000000 + load<u32>(second + 4) - load<u32>(first + 4);
}

export function timeCases(): void {
  say('gettimeofday', timeOfDay(first, 0));
  say('gettimeofday.after-2000', load<u32>(first) > 946684800 ? 1 : 0);
  say('gettimeofday.fraction', load<u32>(first + 4) < 1000000 ? 1 : 0);
  say('gettimeofday.bad-pointer', timeOfDay(NOWHERE, 0));
  store<u32>(request, 0);
  store<u32>(request + 4, 30_000_000);
  say('nanosleep', sleepFor(request, 0));
  timeOfDay(second, 0);
  say('nanosleep.long-enough', microseconds() >= 30000 ? 1 : 0);
  say('nanosleep.not-too-long', microseconds() < 100000000 ? 1 : 0);
  store<u32>(request + 4, 1_000_000_000);
  say('nanosleep.nanoseconds', sleepFor(request, 0));
  store<u32>(request, <u32>-1);
  say('nanosleep.negative', sleepFor(request, 0));
  say('nanosleep.bad-pointer', sleepFor(NOWHERE, 0));
  say('time.agrees', systemCall1(CALL_TIME, 0) - load<u32>(second) < 100 ? 1 : 0);
  const now = systemCall1(CALL_TIME, first);
  say('time.stored', <u32>now == load<u32>(first) ? 1 : 0);
  say('time.bad-pointer', systemCall1(CALL_TIME, NOWHERE));
  say('times', processTimes(names) != 0 ? 1 : 0);
  say('times.bad-pointer', processTimes(NOWHERE));
  say('uname', systemCall1(CALL_UNAME, names));
  say('uname.system-named', load<u8>(names) ? 1 : 0);
  say('uname.bad-pointer', systemCall1(CALL_UNAME, NOWHERE));
}
