// The page that the entry routine of the programs reads (stubs/programs.ts; offsets as in stubs/offsets.ts, PERSONAL):
// who serves this program. The pager writes it, the program may only read it.
export const PERSONALITY: u32 = 0xbff20000;
/** 4 KiB shared by two partners, and 32 KiB shared with the driver server. */
export const SHARED_BUFFER: u32 = 0xbff30000;

@unmanaged
export class Personality {
  service: u32;
  pager: u32;
  partner: u32;
  driver: u32;
  /** Where the program starts; where, and with which EAX, it goes on after a fault that it catches. */
  entry: u32;
  handler: u32;
  vector: u32;
}
