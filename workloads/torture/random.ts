// The one source of chance: what a process draws follows from its seed, whatever runs beside it.
let state: u32 = 1;

export function seedRandom(seed: u32): void {
  state = seed * 2654435761 + 0x9e3779b9;
}

export function draw(below: u32): u32 {
  state = state * 1664525 + 1013904223;
  return (state >> 8) % below;
}
