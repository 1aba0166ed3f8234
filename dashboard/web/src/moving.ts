/** A slider that is being moved: whoever draws by it is told once a frame, and the page's state when it rests. It draws nothing. */

import { createContext } from "react";

export interface Follower {
  /** How much it draws. */
  points: () => number;
  /** Draw it so at once; `isMuch` when all of it together does not fit in a frame as finely as it is drawn at rest. */
  draw: (value: number, isMuch: boolean) => void;
  /** The state has this value at once; null where another one is obeyed. */
  rest: (value: number | null) => void;
}

/** A hand that stands still so long has found what it looked for. */
export const REST_MILLISECONDS = 250;
/** Points of wide lines that a slow machine without a GPU draws in half a frame. */
export const MUCH = 12_000;

/** The browser's frames and clock. */
export interface Turns { frame: (go: () => void) => number; noFrame: (id: number) => void; later: (go: () => void, milliseconds: number) => number; never: (id: number) => void }

const BROWSER: Turns = {
  frame: (go) => requestAnimationFrame(go), noFrame: (id) => cancelAnimationFrame(id), later: (go, milliseconds) => window.setTimeout(go, milliseconds), never: (id) => window.clearTimeout(id),
};

export class Moving {
  private readonly followers = new Set<Follower>();
  private value = 0;
  private frame = 0;
  private timer = 0;

  constructor(private readonly settle: (value: number) => void, private readonly turns = BROWSER) {}

  follow(follower: Follower): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }

  to(value: number): void {
    this.value = value;
    this.frame ||= this.turns.frame(() => this.draw());
    this.turns.never(this.timer);
    this.timer = this.turns.later(() => this.end(), REST_MILLISECONDS);
  }

  /** It rests, now; what was not told yet is told. */
  end(): void {
    if (this.stops(this.value)) this.settle(this.value);
  }

  /** It is given up for what the state says. */
  leave(): void {
    this.stops(null);
  }

  private stops(value: number | null): boolean {
    if (!this.timer) return false;
    this.turns.noFrame(this.frame);
    this.turns.never(this.timer);
    this.frame = this.timer = 0;
    for (const follower of this.followers) follower.rest(value);
    return true;
  }

  private draw(): void {
    this.frame = 0;
    const points = [...this.followers].reduce((sum, follower) => sum + follower.points(), 0);
    for (const follower of this.followers) follower.draw(this.value, points > MUCH);
  }
}

/** The smoothing that charts below follow; none where it stands still. */
export const MovingSmoothing = createContext<Moving | null>(null);
