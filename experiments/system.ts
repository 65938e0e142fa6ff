/**
 * What an experiment asks of a system: an image to boot, the modules beside it, and the command line. A system knows
 * nothing of states, sizes or repetitions; it passes `arguments` on to whoever measures.
 *
 * The measured party (a program, or the kernel itself for `ipc-primitive`) gets these keys in its arguments, each a
 * comma-separated list, and runs the nest in this order, the leftmost outermost; a key it is not given has one value:
 *
 *     operations=demand-zero,write-protect   sizes=4,1024   batches=1,16   states=first:1,warm:70,polluted-4:12
 *
 * For each combination and each state it does as many repetitions as the state says; one repetition is: touch k KiB for
 * `polluted-k` (nothing for any other name), `__region_begin`, the operation (a whole batch counts as one),
 * `__region_end`.
 */

export const systemIds = ['native', 'vmm', 'microkernel'] as const;
export type SystemId = (typeof systemIds)[number];

/** Workloads of boot modules alone. */
export const moduleWorkloadIds = ['null-call', 'page-fault', 'service', 'packet', 'ipc-primitive'] as const;
/** Those whose program is the first process of a system with a disk, from which it runs others. */
export const diskWorkloadIds = ['lmbench', 'build', 'db', 'files'] as const;
export const workloadIds = [...moduleWorkloadIds, ...diskWorkloadIds] as const;
export type ModuleWorkloadId = (typeof moduleWorkloadIds)[number];
export type WorkloadId = (typeof workloadIds)[number];

/** The ways in which each system can serve each workload: what `BuildOptions.variant` may be; none: not built yet. */
export const variants = {
  native: {
    'null-call': ['int80', 'sysenter'],
    'ipc-primitive': ['threads'],
    service: ['pipe'],
    'page-fault': ['handler'],
    packet: ['in-kernel'],
    lmbench: ['int80', 'sysenter'],
    build: ['int80'],
    db: ['int80'],
    files: ['int80'],
  },
  vmm: {
    'null-call': ['direct', 'bounced'],
    'ipc-primitive': ['event'],
    service: ['pipe', 'cross-domain'],
    'page-fault': ['update_va_mapping', 'mmu_update'],
    packet: ['dom0'],
    lmbench: [],
    build: [],
    db: [],
    files: [],
  },
  microkernel: {
    'null-call': ['ipc'],
    'ipc-primitive': ['same-space', 'other-space'],
    service: ['ipc'],
    'page-fault': ['pager'],
    packet: ['server'],
    lmbench: [],
    build: [],
    db: [],
    files: [],
  },
} as const satisfies Record<SystemId, Record<WorkloadId, readonly string[]>>;

export interface BuildOptions {
  workload: WorkloadId;
  /** One of `variants[system][workload]`. */
  variant: string;
  /**
   * Declared seed: page placement and stack offset (`seed=N` on the kernel's command line); timer phase is the host's.
   */
  seed: number;
  /** The 100 Hz tick of the kernels: `timer=on|off` on the command line. */
  timer: boolean;
  /**
   * `operations=... sizes=... batches=... states=...`: for the measured program, or for the kernel of `ipc-primitive`.
   */
  arguments: string;
}

/** Everything that is loaded. Images are named as in `defineImage`; whoever boots them looks their bytes up. */
export interface Boot {
  image: string;
  modules: { image: string; args: string }[];
  append: string;
  /** The disk of the machine, by the name of its definition (workloads/stubs/disks.ts). */
  disk?: string;
}

export interface System {
  id: SystemId;
  /** One line for people: what runs where. */
  title: string;
  build(options: BuildOptions): Boot;
}

/** The variant is checked here, once, so that no system has to. @throws Error naming the allowed variants */
export function requireVariant({ id }: Pick<System, 'id'>, options: BuildOptions): void {
  const allowed: readonly string[] = variants[id][options.workload];
  if (!allowed.includes(options.variant)) {
    throw new Error(`${id} has no variant "${options.variant}" of ${options.workload}; allowed: ${allowed.join(', ')}`);
  }
}
