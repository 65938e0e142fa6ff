// grant_table_op of Xen 3.0.0 (public/grant_table.h).

// An entry of the table that guest and VMM share: { u16 flags; u16 domid; u32 frame }.
export const GRANT_ENTRY_BYTES: u32 = 8;
export const GRANT_flags: usize = 0;
export const GRANT_domid: usize = 2;
export const GRANT_frame: usize = 4;
export const GTF_invalid: u32 = 0;
export const GTF_permit_access: u32 = 1;
export const GTF_type_mask: u32 = 3;
export const GTF_readonly: u32 = 4;
export const GTF_reading: u32 = 8;
export const GTF_writing: u32 = 16;

export const GNTTABOP_map_grant_ref: u32 = 0;
export const GNTTABOP_unmap_grant_ref: u32 = 1;
export const GNTTABOP_setup_table: u32 = 2;

// map_grant_ref { u64 host_addr; u32 flags, ref; u16 dom; out i16 status; out u32 handle; out u64 dev_bus_addr }
export const MAP_BYTES: u32 = 32;
export const MAP_host_addr: usize = 0;
export const MAP_flags: usize = 8;
export const MAP_ref: usize = 12;
export const MAP_dom: usize = 16;
export const MAP_status: usize = 18;
export const MAP_handle: usize = 20;
export const MAP_dev_bus_addr: usize = 24;
export const GNTMAP_host_map: u32 = 2;
export const GNTMAP_readonly: u32 = 4;

// unmap_grant_ref { u64 host_addr, dev_bus_addr; u32 handle; out i16 status }
export const UNMAP_BYTES: u32 = 24;
export const UNMAP_host_addr: usize = 0;
export const UNMAP_dev_bus_addr: usize = 8;
export const UNMAP_handle: usize = 16;
export const UNMAP_status: usize = 20;

// setup_table { u16 dom; u32 nr_frames; out i16 status; u32 *frame_list }
export const SETUP_BYTES: u32 = 16;
export const SETUP_dom: usize = 0;
export const SETUP_nr_frames: usize = 4;
export const SETUP_status: usize = 8;
export const SETUP_frame_list: usize = 12;
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
