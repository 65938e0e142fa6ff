// grant_table_op of Xen 3.0.0 (public/grant_table.h).
import { Elements } from '../elements';

/** An entry of the table that guest and VMM share. The flags make it valid, so they are written last. */
@unmanaged
@size(8)
export class GrantEntry {
  @volatile flags: u16;
  @volatile domid: u16;
  @volatile frame: u32;
}
export const GTF_invalid: u32 = 0;
export const GTF_permit_access: u32 = 1;
export const GTF_type_mask: u32 = 3;
export const GTF_readonly: u32 = 4;
export const GTF_reading: u32 = 8;
export const GTF_writing: u32 = 16;

export const GNTTABOP_map_grant_ref: u32 = 0;
export const GNTTABOP_unmap_grant_ref: u32 = 1;
export const GNTTABOP_setup_table: u32 = 2;

@unmanaged
@size(32)
export class MapGrantRef {
  hostAddr: u64;
  flags: u32;
  ref: u32;
  dom: u16;
  /** Out, from here on: GNTST_*. */
  status: i16;
  handle: u32;
  devBusAddr: u64;
}
export const GNTMAP_host_map: u32 = 2;
export const GNTMAP_readonly: u32 = 4;

@unmanaged
@size(24)
export class UnmapGrantRef {
  hostAddr: u64;
  devBusAddr: u64;
  handle: u32;
  /** Out. */
  status: i16;
  private pad: u16;
}

@unmanaged
@size(16)
export class SetupTable {
  dom: u16;
  nrFrames: u32;
  /** Out. */
  status: i16;
  frameList: Elements<u32>;
}
export const NR_GRANT_FRAMES: u32 = 4;
export const NR_GRANT_ENTRIES: u32 = (NR_GRANT_FRAMES * 4096) / 8;

export const GNTST_okay: i32 = 0;
export const GNTST_general_error: i32 = -1;
export const GNTST_bad_domain: i32 = -2;
export const GNTST_bad_gntref: i32 = -3;
export const GNTST_bad_handle: i32 = -4;
export const GNTST_bad_virt_addr: i32 = -5;
export const GNTST_permission_denied: i32 = -8;

// Grant reference 1 is the store page's (a convention of later releases, GNTTAB_RESERVED_XENSTORE).
export const GRANT_REF_STORE: u32 = 1;
