// The page that the entry routine of the programs reads (stubs/programs.ts; offsets as in stubs/layout.ts, PERSONAL):
// who serves this program. The pager writes it, the program may only read it.
export const PERSONALITY: u32 = 0xbff20000;
/** 4 KiB shared by two partners, and 32 KiB shared with the driver server. */
export const SHARED_BUFFER: u32 = 0xbff30000;

@unmanaged
export class Personality {
  @offset(0) service: u32;
  @offset(4) pager: u32;
  @offset(8) partner: u32;
  @offset(12) driver: u32;
  /** Where the program starts; where, and with which EAX, it goes on after a fault that it catches. */
  @offset(16) entry: u32;
  @offset(20) handler: u32;
  @offset(24) vector: u32;
}
