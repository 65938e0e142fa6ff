/** All chips that random programs are made for. */
import { apic } from './apic.js';
import type { Chip } from './chip.js';
import { clock } from './clock.js';
import { ide } from './ide.js';
import { pic } from './interrupt-controller.js';
import { keyboard } from './keyboard.js';
import { network } from './network.js';
import { pci } from './pci.js';
import { serial } from './serial.js';
import { vga } from './vga.js';
import { wide } from './wide.js';

export const chips: readonly Chip[] = [
  pic('8259', false),
  pic('8259, levels', true),
  serial,
  keyboard,
  clock,
  pci,
  ide,
  apic,
  network,
  vga,
  wide,
];
