// Every test gives 0, or the number of its first check that failed.
let failed: u32 = 0;
let checks: u32 = 0;

export function begin(): void {
  failed = 0;
  checks = 0;
}

export function equal(a: u32, b: u32): void {
  checks++;
  if (a != b && !failed) failed = checks;
}

export function holds(condition: bool): void {
  equal(condition ? 1 : 0, 1);
}

export function result(): u32 {
  return failed;
}
