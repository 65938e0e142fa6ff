// Attempts of a program at what it may not do. Each returns 0 when it got away with it; when the kernel refuses and
// resumes the program at `attemptRefused` (call 504), the attempt returns 1 to where it was called.
import { al, defineStubs, dx, eax, edx, esp, mem } from '../../toolchain/assembler/index.js';

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

  a.global('attemptRefused');
  a.mov(esp, mem({ sym: 'attemptStack' }));
  a.mov(eax, 1);
  a.ret();

  a.data();
  a.align(4);
  a.label('attemptStack');
  a.dd(0);
});
