import { paging, WINDOW } from '../scenarios/map.js';
import { CR0, type Scenario } from '../scenarios/scenario.js';
import { type Area, bochsAlone, maker, product } from './area.js';

/** Code where no memory answers: bytes FFh, which are no instruction. (QEMU reads zeros there, and runs on.) */
export const noMemory: Area = {
  id: 'no-memory',
  about: 'Invalid Opcode Exception (#UD); Memory-Mapped I/O',
  scenarios: () => {
    const scenario = maker('no-memory');
    const list: Scenario[] = [];
    for (const [way, cpl, to, paged] of product(
      ['jmp', 'call', 'ret', 'iret'],
      [0, 3],
      [0x50360000, 0x7ffffffc, 0x90000010],
      [false, true],
    )) {
      const s = scenario([way, 'cpl', cpl, 'to', to.toString(16), paged ? 'by a page table' : ''], cpl, bochsAlone);
      const at = paged ? WINDOW + (to & 0xfff) : to;
      if (paged) s.set({ cr0: (s.start.cr0 | CR0.pg) >>> 0 }).write(paging.table, (to & ~0xfff) | 7);
      s.set({ ebx: at });
      s.raw(
        ...{
          jmp: [0xff, 0xe3],
          call: [0xff, 0xd3],
          ret: [0x53, 0xc3],
          // pushfd; push cs; push ebx; iretd
          iret: [0x9c, 0x0e, 0x53, 0xcf],
        }[way as 'jmp'],
      );
      list.push(s);
    }
    return list;
  },
};
