/** Turns the guest's `BEGIN` and `END` lines into seconds and checked results. */

export interface PhaseTime {
  readonly seconds: number;
  /** As printed: `n=... rep=... ck=...`. */
  readonly result: string;
}

export class PhaseTimer {
  readonly times = new Map<string, PhaseTime>();
  finished = false;
  private line = '';
  private began = 0;

  /** @param now host time in milliseconds */
  constructor(private readonly now: () => number) {}

  take(byte: number): void {
    if (byte !== 0x0a) {
      this.line += String.fromCharCode(byte);
      return;
    }
    this.endOfLine(this.line.trim());
    this.line = '';
  }

  private endOfLine(line: string): void {
    if (line.startsWith('BEGIN ')) this.began = this.now();
    const end = /^END (\S+) (n=\w{8} rep=\w{8} ck=\w{8})$/.exec(line);
    if (end) this.times.set(end[1], { seconds: (this.now() - this.began) / 1000, result: end[2] });
    if (line === 'ALLDONE') this.finished = true;
    if (line.startsWith('EXCEPTION')) throw new Error(`the benchmark's guest died: ${line}`);
  }
}
