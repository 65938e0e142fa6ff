// Attempts of a program at what it may not do. Each returns 0 when it got away with it; a refusal resumes the program
// at `attemptRefused` (call 504), which makes the attempt return 1.
import { al, cr3, defineStubs, ds, dx, eax, edx, es, esp, fs, mem } from '../../toolchain/assembler/index.js';
import { SELECTOR } from './offsets.js';

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
  attempt('attemptJump', () => a.callIndirect(eax));
  attempt('attemptPort', () => {
    a.mov(edx, eax);
    a.xor(eax, eax);
    a.out(dx, al);
  });
  attempt('attemptPrivileged', () => a.mov(cr3, eax));

  // plantSegments(): null selectors where the kernel expects flat ones, then an empty system call: the result of that.
  a.global('plantSegments');
  a.xor(edx, edx);
  a.mov(es, edx);
  a.mov(fs, edx);
  a.mov(ds, edx);
  a.int(0x35);
  a.mov(edx, SELECTOR.userData);
  a.mov(ds, edx);
  a.mov(es, edx);
  a.mov(fs, edx);
  a.ret();

  a.global('attemptRefused');
  a.mov(esp, mem({ sym: 'attemptStack' }));
  a.mov(eax, 1);
  a.ret();

  a.data();
  a.align(4);
  a.label('attemptStack');
  a.dd(0);
});
