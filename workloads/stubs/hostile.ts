// Attempts of a program at what it may not do. Each returns 0 when it got away with it; when the kernel refuses and
// resumes the program at `attemptRefused` (call 504), the attempt returns 1 to where it was called.
import { al, defineStubs, ds, dx, eax, edx, es, esp, mem, ss } from '../../toolchain/assembler/index.js';

export const hostileStubs = defineStubs('hostile', (a) => {
  const attempt = (name: string, body: () => void) => {
    a.global(name);
    a.mov(mem({ sym: 'attemptStack' }), esp);
    body();
    a.xor(eax, eax);
    a.ret();
  };
  attempt('attemptRead', () => a.mov(eax, mem({ base: eax })));
  attempt('attemptWrite', () => a.mov(mem({ base: eax }), edx));
  attempt('attemptPort', () => {
    a.mov(edx, 0x80);
    a.out(dx, al);
  });
  attempt('attemptPrivileged', () => a.cli());
  attempt('attemptHypercall', () => {
    a.mov(eax, 18);
    a.int(0x82);
  });

  a.global('attemptRefused');
  a.mov(esp, mem({ sym: 'attemptStack' }));
  a.mov(eax, 1);
  a.ret();

  // A null call with a processor state that the kernel must not trust; each returns the call's result.
  const CALL_GETPPID = 64;
  const entry = mem({ seg: ss, sym: 'systemEntry' });
  a.global('callWithNullSegments');
  a.mov(eax, 0);
  a.mov(ds, eax);
  a.mov(es, eax);
  a.mov(eax, CALL_GETPPID);
  a.callIndirect(entry);
  a.mov(edx, ss);
  a.mov(ds, edx);
  a.mov(es, edx);
  a.ret();

  a.global('callBackwards');
  a.std();
  a.mov(eax, CALL_GETPPID);
  a.callIndirect(entry);
  a.cld();
  a.ret();

  const NESTED_TASK = 0x4000;
  a.global('callInNestedTask');
  a.pushfd();
  a.or(mem({ base: esp }), NESTED_TASK);
  a.popfd();
  a.mov(eax, CALL_GETPPID);
  a.callIndirect(entry);
  a.pushfd();
  a.and(mem({ base: esp }), ~NESTED_TASK);
  a.popfd();
  a.ret();

  a.data();
  a.align(4);
  a.label('attemptStack');
  a.dd(0);
});
