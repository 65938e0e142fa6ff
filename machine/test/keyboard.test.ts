import { beforeEach, describe, expect, it } from 'vitest';
import { KeyboardController } from '../devices/keyboard.js';
import { RecordedLine } from './fakes.js';

describe('8042', () => {
  let line: RecordedLine;
  let controller: KeyboardController;
  const status = () => controller.read(0x64);
  const data = () => controller.read(0x60);
  const tell = (port: number, ...bytes: number[]) => {
    for (const byte of bytes) controller.write(port, 1, byte);
  };

  beforeEach(() => {
    line = new RecordedLine();
    controller = new KeyboardController(line, () => {});
  });

  it('makes an edge for each byte of an answer', () => {
    tell(0x60, 0xff);
    expect(line.edges).toBe(1);
    expect(data()).toBe(0xfa);
    expect(line.edges).toBe(2);
    expect(data()).toBe(0xaa);
    expect(line.level).toBe(false);
    expect(line.edges).toBe(2);
  });

  it('shows the last byte again when there is no other', () => {
    tell(0x64, 0xaa);
    expect(data()).toBe(0x55);
    expect(status() & 1).toBe(0);
    expect(data()).toBe(0x55);
  });

  it('has one answer of the controller, the newest; the keyboard forgets its own when it is sent something', () => {
    tell(0x64, 0xaa, 0xab);
    tell(0x60, 0xf2);
    tell(0x60, 0xee);
    expect([data(), data()]).toEqual([0x00, 0xee]);
    expect(status() & 1).toBe(0);
  });

  it('holds the keyboard back while it is disabled, without an interrupt', () => {
    tell(0x60, 0xff);
    data();
    const { edges } = line;
    tell(0x64, 0xad);
    expect(line.level).toBe(false);
    tell(0x64, 0xae);
    expect(line.edges).toBe(edges + 1);
    expect(data()).toBe(0xaa);
  });

  it('reports its scan code set as chosen, untranslated', () => {
    tell(0x64, 0x60);
    tell(0x60, 0x21, 0xf0, 3, 0xf0, 0);
    expect([data(), data()]).toEqual([0xfa, 3]);
    tell(0x60, 0xf0, 9);
    expect(data()).toBe(0xfe);
  });
});
