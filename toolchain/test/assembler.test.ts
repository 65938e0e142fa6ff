// Encodings by the tables of the Intel SDM, volume 2, checked by hand: opcode, ModRM (mod-reg-rm), SIB, displacement,
// immediate.
import { describe, expect, test } from 'vitest';
import {
  type Assembler,
  al,
  ax,
  bl,
  cl,
  cr0,
  cr3,
  cs,
  cx,
  defineStubs,
  dl,
  dr7,
  ds,
  dx,
  eax,
  ebp,
  ebx,
  ecx,
  edi,
  edx,
  es,
  esi,
  esp,
  fs,
  gs,
  mem,
  mem8,
  mem16,
  ss,
  sym,
} from '../assembler/index.js';

function bytes(write: (a: Assembler) => void): string {
  const { sections } = defineStubs('test', write).assemble();
  return Array.from(sections[0].code.bytes, (b) => b.toString(16).padStart(2, '0')).join(' ');
}

const rows: [name: string, expected: string, write: (a: Assembler) => void][] = [
  // MOV: 88..8B, B0+r, B8+r, C6 /0, C7 /0, A0..A3 (moffs), 8C, 8E, 0F 20..23
  ['mov eax, ebx', '89 d8', (a) => a.mov(eax, ebx)],
  ['mov cl, dl', '88 d1', (a) => a.mov(cl, dl)],
  ['mov ax, cx', '66 89 c8', (a) => a.mov(ax, cx)],
  ['mov ecx, 1', 'b9 01 00 00 00', (a) => a.mov(ecx, 1)],
  ['mov bl, 0x7f', 'b3 7f', (a) => a.mov(bl, 0x7f)],
  ['mov eax, [0x1234]', 'a1 34 12 00 00', (a) => a.mov(eax, mem({ disp: 0x1234 }))],
  ['mov [0x1234], eax', 'a3 34 12 00 00', (a) => a.mov(mem({ disp: 0x1234 }), eax)],
  ['mov edx, gs:[0]', '65 8b 15 00 00 00 00', (a) => a.mov(edx, mem({ seg: gs }))],
  ['mov dword [ebx+4], 5', 'c7 43 04 05 00 00 00', (a) => a.mov(mem({ base: ebx, disp: 4 }), 5)],
  ['mov byte [ebx], 5', 'c6 03 05', (a) => a.mov(mem8({ base: ebx }), 5)],
  ['mov word [ebx], 5', '66 c7 03 05 00', (a) => a.mov(mem16({ base: ebx }), 5)],
  ['mov ds, ax', '8e d8', (a) => a.mov(ds, ax)],
  ['mov eax, cs', '8c c8', (a) => a.mov(eax, cs)],
  ['mov cr3, eax', '0f 22 d8', (a) => a.mov(cr3, eax)],
  ['mov ecx, cr0', '0f 20 c1', (a) => a.mov(ecx, cr0)],
  ['mov dr7, eax', '0f 23 f8', (a) => a.mov(dr7, eax)],
  // Addressing: EBP needs a displacement, ESP an SIB byte, an index without base 32 bits
  ['mov eax, [ebp]', '8b 45 00', (a) => a.mov(eax, mem({ base: ebp }))],
  ['mov eax, [esp]', '8b 04 24', (a) => a.mov(eax, mem({ base: esp }))],
  ['mov eax, [esp+128]', '8b 84 24 80 00 00 00', (a) => a.mov(eax, mem({ base: esp, disp: 128 }))],
  ['mov eax, [ecx*4+8]', '8b 04 8d 08 00 00 00', (a) => a.mov(eax, mem({ index: ecx, scale: 4, disp: 8 }))],
  ['mov eax, [edx+esi*8-1]', '8b 44 f2 ff', (a) => a.mov(eax, mem({ base: edx, index: esi, scale: 8, disp: -1 }))],
  ['lea edi, [ebx+esp]', '8d 3c 1c', (a) => a.lea(edi, mem({ base: ebx, index: esp }))],
  // Group 1: 83 /n ib, 81 /n id, 05+8n for EAX, 80 /n ib
  ['add eax, 1', '83 c0 01', (a) => a.add(eax, 1)],
  ['add eax, 1000', '05 e8 03 00 00', (a) => a.add(eax, 1000)],
  ['sub esp, 256', '81 ec 00 01 00 00', (a) => a.sub(esp, 256)],
  ['and ecx, 0xfffffff0', '83 e1 f0', (a) => a.and(ecx, 0xfffffff0)],
  ['cmp byte [eax], 3', '80 38 03', (a) => a.cmp(mem8({ base: eax }), 3)],
  ['xor edx, [eax]', '33 10', (a) => a.xor(edx, mem({ base: eax }))],
  ['or word [eax], cx', '66 09 08', (a) => a.or(mem({ base: eax }), cx)],
  ['sbb ebx, edi', '19 fb', (a) => a.sbb(ebx, edi)],
  ['test al, 1', 'a8 01', (a) => a.test(al, 1)],
  ['test byte [ecx+3], 0x80', 'f6 41 03 80', (a) => a.test(mem8({ base: ecx, disp: 3 }), 0x80)],
  // Groups 2, 3, 4, 5, 8
  ['shl ebx, 1', 'd1 e3', (a) => a.shl(ebx, 1)],
  ['sar ebx, 12', 'c1 fb 0c', (a) => a.sar(ebx, 12)],
  ['ror edx, cl', 'd3 ca', (a) => a.ror(edx, cl)],
  ['shld edx, eax, cl', '0f a5 c2', (a) => a.shld(edx, eax, cl)],
  ['neg edx', 'f7 da', (a) => a.neg(edx)],
  ['div dword [esi]', 'f7 36', (a) => a.div(mem({ base: esi }))],
  ['imul eax, ecx', '0f af c1', (a) => a.imul(eax, ecx)],
  ['imul eax, ecx, 100', '6b c1 64', (a) => a.imul(eax, ecx, 100)],
  ['inc esi', '46', (a) => a.inc(esi)],
  ['dec dword [eax]', 'ff 08', (a) => a.dec(mem({ base: eax }))],
  ['bts [eax], 5', '0f ba 28 05', (a) => a.bts(mem({ base: eax }), 5)],
  ['bt eax, ecx', '0f a3 c8', (a) => a.bt(eax, ecx)],
  ['bsr eax, edx', '0f bd c2', (a) => a.bsr(eax, edx)],
  ['bswap edx', '0f ca', (a) => a.bswap(edx)],
  ['sete al', '0f 94 c0', (a) => a.set('e', al)],
  ['movzx eax, byte [edx]', '0f b6 02', (a) => a.movzx(eax, mem8({ base: edx }))],
  ['movsx ecx, dx', '0f bf ca', (a) => a.movsx(ecx, dx)],
  // Stack
  ['push ebp', '55', (a) => a.push(ebp)],
  ['push 8', '6a 08', (a) => a.push(8)],
  ['push 0x1000', '68 00 10 00 00', (a) => a.push(0x1000)],
  ['push dword [esp+4]', 'ff 74 24 04', (a) => a.push(mem({ base: esp, disp: 4 }))],
  [
    'push fs; pop gs; pop es; pop ss',
    '0f a0 0f a9 07 17',
    (a) => {
      a.push(fs);
      a.pop(gs);
      a.pop(es);
      a.pop(ss);
    },
  ],
  // Control transfer
  [
    'call eax; jmp [ebx]',
    'ff d0 ff 23',
    (a) => {
      a.callIndirect(eax);
      a.jmpIndirect(mem({ base: ebx }));
    },
  ],
  ['jmp 8:0x1000', 'ea 00 10 00 00 08 00', (a) => a.ljmp(8, 0x1000)],
  [
    'int 0x80; iretd; ret 8',
    'cd 80 cf c2 08 00',
    (a) => {
      a.int(0x80);
      a.iretd();
      a.ret(8);
    },
  ],
  [
    'sysenter; sysexit',
    '0f 34 0f 35',
    (a) => {
      a.sysenter();
      a.sysexit();
    },
  ],
  // System
  [
    'in al, dx; out 0xf4, al; in eax, dx',
    'ec e6 f4 ed',
    (a) => {
      a.in(al, dx);
      a.out(0xf4, al);
      a.in(eax, dx);
    },
  ],
  [
    'lgdt [eax]; lidt [eax]; ltr ax',
    '0f 01 10 0f 01 18 0f 00 d8',
    (a) => {
      a.lgdt(mem({ base: eax }));
      a.lidt(mem({ base: eax }));
      a.ltr(ax);
    },
  ],
  ['invlpg [edx]', '0f 01 3a', (a) => a.invlpg(mem({ base: edx }))],
  [
    'rep movsd; lock cmpxchg [ecx], edx',
    'f3 a5 f0 0f b1 11',
    (a) => {
      a.rep();
      a.movsd();
      a.lock();
      a.cmpxchg(mem({ base: ecx }), edx);
    },
  ],
  [
    'pushad; pushfd; cli; sti; hlt; cld',
    '60 9c fa fb f4 fc',
    (a) => {
      a.pushad();
      a.pushfd();
      a.cli();
      a.sti();
      a.hlt();
      a.cld();
    },
  ],
];

test.each(rows)('%s is %s', (_, expected, write) => {
  expect(bytes(write)).toBe(expected);
});

describe('branches', () => {
  test('are short where they reach, in both directions', () => {
    expect(
      bytes((a) => {
        a.label('top');
        a.je('end');
        a.jmp('top');
        a.label('end');
        a.ret();
      }),
    ).toBe('74 02 eb fc c3');
  });
  test('a distance of 127 is short, one more is near', () => {
    const over = (n: number) =>
      bytes((a) => {
        a.jne('end');
        a.space(n);
        a.label('end');
        a.nop();
      });
    expect(over(127).slice(0, 5)).toBe('75 7f');
    expect(over(128).slice(0, 17)).toBe('0f 85 80 00 00 00');
  });
  test('growing one may make another grow', () => {
    const code = bytes((a) => {
      a.jmp('end'); // over the second jump: 125 + 2, or 125 + 5
      a.jmp('far');
      a.space(125);
      a.label('end');
      a.space(128);
      a.label('far');
    });
    expect(code.slice(0, 29)).toBe('e9 82 00 00 00 e9 fd 00 00 00');
  });
});

test('symbols leave relocations: absolute with addend, relative from the place itself', () => {
  const { sections, globals } = defineStubs('test', (a) => {
    a.global('_start');
    a.mov(eax, mem({ sym: 'word', disp: 4 }));
    a.mov(ecx, sym('table', -16));
    a.call('callee');
  }).assemble();
  expect(globals).toEqual(new Set(['_start']));
  expect(sections[0].code.relocations).toEqual([
    { offset: 1, kind: 'abs32', symbol: 'word', addend: 4 },
    { offset: 6, kind: 'abs32', symbol: 'table', addend: -16 },
    { offset: 11, kind: 'rel32', symbol: 'callee', addend: -4 },
  ]);
});

test('hooks take no bytes; sections stay apart; alignment pads with nop in text and zero elsewhere', () => {
  const { sections } = defineStubs('test', (a) => {
    a.nop();
    a.hook('__region_begin');
    a.align(4);
    a.ret();
    a.data();
    a.db(1, 'ab');
    a.align(4);
    a.dw(0x1234);
  }).assemble();
  expect(sections.map((s) => [s.section, [...s.code.bytes]])).toEqual([
    ['text', [0x90, 0x90, 0x90, 0x90, 0xc3]],
    ['data', [1, 0x61, 0x62, 0, 0x34, 0x12]],
  ]);
  expect(sections[0].code.hooks).toEqual([{ name: '__region_begin', offset: 1 }]);
});
