/** Control leaving one protection domain for another, counted by one definition for every system. */
export interface CrossingCounts {
  /** Changes of CPL: a trap and its return are two. */
  readonly privilege: number;
  /** Changes of the value of CR3. */
  readonly addressSpace: number;
  /** Component switches inside one page directory, by segment reload. */
  readonly smallSpace: number;
  /** Changes of the component at process level. */
  readonly component: number;
  /** Changes of the component at domain or server level. */
  readonly server: number;
}
