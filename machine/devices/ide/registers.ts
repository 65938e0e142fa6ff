/** Names of the ATA task file (ATA/ATAPI-6, 7) and of the commands that the drives know. */

/** Offsets from the channel's command block (1F0h, 170h). */
export const reg = { DATA: 0, ERROR: 1, COUNT: 2, LOW: 3, MIDDLE: 4, HIGH: 5, DEVICE: 6, STATUS: 7 } as const;

export const status = { ERR: 0x01, DRQ: 0x08, DSC: 0x10, DF: 0x20, DRDY: 0x40, BSY: 0x80 } as const;
export const error = { ABRT: 0x04, IDNF: 0x10 } as const;
/** Device register: LBA addressing, and the drive. */
export const device = { LBA: 0x40, SECOND: 0x10, ALWAYS: 0xa0 } as const;
/** Device control register: interrupts off, software reset, and a look at what was written before. */
export const control = { NIEN: 0x02, SRST: 0x04, HOB: 0x80 } as const;

export const command = {
  NOP: 0x00,
  RECALIBRATE: 0x10,
  READ: 0x20,
  READ_ONCE: 0x21,
  READ_EXT: 0x24,
  READ_DMA_EXT: 0x25,
  READ_MAX_EXT: 0x27,
  READ_MULTIPLE_EXT: 0x29,
  WRITE: 0x30,
  WRITE_ONCE: 0x31,
  WRITE_EXT: 0x34,
  WRITE_DMA_EXT: 0x35,
  WRITE_MULTIPLE_EXT: 0x39,
  VERIFY: 0x40,
  VERIFY_ONCE: 0x41,
  VERIFY_EXT: 0x42,
  SEEK: 0x70,
  DIAGNOSE: 0x90,
  SET_PARAMETERS: 0x91,
  READ_MULTIPLE: 0xc4,
  WRITE_MULTIPLE: 0xc5,
  SET_MULTIPLE: 0xc6,
  READ_DMA: 0xc8,
  READ_DMA_ONCE: 0xc9,
  WRITE_DMA: 0xca,
  WRITE_DMA_ONCE: 0xcb,
  STANDBY_NOW: 0xe0,
  IDLE_NOW: 0xe1,
  STANDBY: 0xe2,
  IDLE: 0xe3,
  CHECK_POWER: 0xe5,
  SLEEP: 0xe6,
  FLUSH: 0xe7,
  FLUSH_EXT: 0xea,
  IDENTIFY: 0xec,
  SET_FEATURES: 0xef,
  READ_MAX: 0xf8,
} as const;
