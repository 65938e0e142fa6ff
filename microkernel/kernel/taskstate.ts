// The one task state: where the processor finds the running thread's stack, and its rights to I/O ports.
import { TaskState } from '../../kernels/lib/descriptors';
import { addressOf_tss } from './stubs';

export function taskState(): TaskState {
  return changetype<TaskState>(addressOf_tss());
}
