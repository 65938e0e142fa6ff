/** What makes a kernel one that checks its port: kernels/ports/contract/bench.ts stands for the guest's benchmarks. */
export const contractAlias = { 'kernels/guest/bench.ts': "export * from '../ports/contract/bench';\n" };
