// Where programs see the page of entrypage.ts (kernels/lib/userlayout.ts), and offsets in it. Other numbers that the stubs
// share with compiled code are asked for by name.
export const ENTRY_PAGE = 0xbffff000;
export const ENTRY_SYSENTER = 32;
export const ENTRY_LANDING = 64;
export const SYSENTER_LANDING = ENTRY_PAGE + ENTRY_LANDING;
