// A hostile guest kernel, for tests.
export function hostileKernel(): void {}
