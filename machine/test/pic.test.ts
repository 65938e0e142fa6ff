import { beforeEach, describe, expect, it } from 'vitest';
import { Pic } from '../devices/pic.js';

/** Initialisation words as every PC kernel writes them: ICW1 11h, ICW2 vector base, ICW3 cascade, ICW4 8086 mode. */
function initialise(pic: Pic, masterBase: number, slaveBase: number): void {
  for (const [port, value] of [
    [0x20, 0x11],
    [0x21, masterBase],
    [0x21, 0x04],
    [0x21, 0x01],
    [0xa0, 0x11],
    [0xa1, slaveBase],
    [0xa1, 0x02],
    [0xa1, 0x01],
  ]) {
    pic.write(port, 1, value);
  }
}

describe('8259 pair', () => {
  let asserted: boolean;
  let pic: Pic;

  beforeEach(() => {
    asserted = false;
    pic = new Pic((level) => {
      asserted = level;
    });
    initialise(pic, 0x20, 0x28);
  });

  const pulse = (input: number) => {
    pic.line(input).set(false);
    pic.line(input).set(true);
  };

  it('leaves reset masked, with the vectors of a PC', () => {
    const fresh = new Pic((level) => {
      asserted = level;
    });
    expect(fresh.read(0x21, 1)).toBe(0xff);
    expect(fresh.read(0xa1, 1)).toBe(0xff);
    fresh.line(0).set(true);
    expect(asserted).toBe(false);
    fresh.write(0x21, 1, 0xfe);
    expect(asserted).toBe(true);
    expect(fresh.acknowledge()).toBe(0x08);
  });

  it('delivers an edge once, by vector base plus input', () => {
    pulse(3);
    expect(asserted).toBe(true);
    expect(pic.acknowledge()).toBe(0x23);
    expect(asserted).toBe(false);
    pic.write(0x20, 1, 0x20);
    expect(asserted).toBe(false);
  });

  it('delivers inputs 8-15 through the second controller', () => {
    pulse(12);
    expect(pic.acknowledge()).toBe(0x2c);
    pic.write(0x20, 1, 0x0b);
    pic.write(0xa0, 1, 0x0b);
    expect(pic.read(0x20, 1)).toBe(0x04);
    expect(pic.read(0xa0, 1)).toBe(0x10);
  });

  it('holds lower priorities back until the end of interrupt, and lets higher ones nest', () => {
    pulse(4);
    expect(pic.acknowledge()).toBe(0x24);
    pulse(5);
    expect(asserted).toBe(false);
    pulse(1);
    expect(asserted).toBe(true);
    expect(pic.acknowledge()).toBe(0x21);
    pic.write(0x20, 1, 0x20);
    expect(asserted).toBe(false);
    pic.write(0x20, 1, 0x20);
    expect(asserted).toBe(true);
    expect(pic.acknowledge()).toBe(0x25);
  });

  it('takes a specific end of interrupt for the input named', () => {
    pulse(4);
    pic.acknowledge();
    pulse(1);
    pic.acknowledge();
    pic.write(0x20, 1, 0x64);
    pic.write(0x20, 1, 0x0b);
    expect(pic.read(0x20, 1)).toBe(0x02);
  });

  it('keeps a masked request until it is unmasked', () => {
    pic.write(0x21, 1, 0x20);
    pulse(5);
    expect(asserted).toBe(false);
    pic.write(0x20, 1, 0x0a);
    expect(pic.read(0x20, 1)).toBe(0x20);
    pic.write(0x21, 1, 0x00);
    expect(pic.acknowledge()).toBe(0x25);
  });

  it('answers input 7 without an in-service bit when the request has gone', () => {
    pulse(3);
    pic.line(3).set(false);
    expect(pic.acknowledge()).toBe(0x27);
    pic.write(0x20, 1, 0x0b);
    expect(pic.read(0x20, 1)).toBe(0x00);
  });

  it('withdraws a level-triggered request with its level', () => {
    pic.line(10).set(true);
    expect(asserted).toBe(true);
    // Inputs 10 and 11 are PCI's, and level-triggered.
    pic.line(10).set(false);
    expect(asserted).toBe(false);
  });

  it('raises a level-triggered input again while its line stays up', () => {
    pic.line(10).set(true);
    expect(pic.acknowledge()).toBe(0x2a);
    expect(asserted).toBe(false);
    pic.write(0xa0, 1, 0x20);
    pic.write(0x20, 1, 0x20);
    expect(asserted).toBe(true);
    pic.line(10).set(false);
    expect(asserted).toBe(false);
  });

  it('serves a second request of the second controller after both ends of interrupt', () => {
    pulse(8);
    pulse(14);
    expect(pic.acknowledge()).toBe(0x28);
    expect(asserted).toBe(false);
    pic.write(0xa0, 1, 0x20);
    pic.write(0x20, 1, 0x20);
    expect(asserted).toBe(true);
    expect(pic.acknowledge()).toBe(0x2e);
  });

  it('rotates priorities with a rotating end of interrupt', () => {
    pulse(0);
    pic.acknowledge();
    pic.write(0x20, 1, 0xa0);
    pulse(0);
    pulse(1);
    expect(pic.acknowledge()).toBe(0x21);
  });

  it('answers a poll with the request and its acknowledgement', () => {
    pulse(6);
    pic.write(0x20, 1, 0x0c);
    expect(pic.read(0x20, 1)).toBe(0x86);
    pic.write(0x20, 1, 0x0b);
    expect(pic.read(0x20, 1)).toBe(0x40);
  });
});
