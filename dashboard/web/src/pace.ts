/** Does something again whenever there is news: never twice at once, and resting in between, so that who answers is not kept busy. */

/** Between two times, at least. */
export const PAUSE_MILLISECONDS = 1000;
/** What took long is followed by a rest so many times as long. */
const REST = 3;

export class Pace {
  private timer: number | undefined;
  private busy = false;
  private wanted = false;
  private stopped = false;
  private free = 0;

  constructor(private readonly go: () => Promise<void>, private readonly now: () => number = () => performance.now()) {}

  /** There is news: at once after a quiet time, else when the rest is over. */
  due(): void {
    if (this.stopped) return;
    if (this.busy) this.wanted = true;
    else this.timer ??= window.setTimeout(() => void this.run(), Math.max(0, this.free - this.now()));
  }

  stop(): void {
    this.stopped = true;
    window.clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    this.timer = undefined;
    this.busy = true;
    const began = this.now();
    await this.go();
    this.free = this.now() + Math.max(PAUSE_MILLISECONDS, REST * (this.now() - began));
    this.busy = false;
    if (this.wanted) {
      this.wanted = false;
      this.due();
    }
  }
}
