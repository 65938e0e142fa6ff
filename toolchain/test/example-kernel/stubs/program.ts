// The program: on a page of its own, which is all that ring 3 sees of the image.
import { defineStubs, eax, ebx, esi, mem8, sym } from '../../../assembler/index.js';

const [PUT, EXIT] = [0, 1];

export const programStubs = defineStubs('program', (a) => {
  a.align(4096);
  a.global('program');
  a.mov(esi, sym('message'));
  a.label('next');
  a.movzx(ebx, mem8({ base: esi }));
  a.test(ebx, ebx);
  a.jz('printed');
  a.mov(eax, PUT);
  a.int(0x80);
  a.inc(esi);
  a.jmp('next');
  a.label('printed');
  a.push(42); // no page there yet: a fault, and then once more
  a.pop(ebx);
  a.mov(eax, EXIT);
  a.int(0x80);
  a.label('message');
  a.db('hello from ring 3\n', 0);
  a.align(4096);
});
