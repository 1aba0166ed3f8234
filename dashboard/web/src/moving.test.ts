import { expect, test } from "vitest";
import { MUCH, Moving, type Turns } from "./moving";

/** Frames and pauses that come when the test says so. */
class Turn implements Turns {
  private frames = new Map<number, () => void>();
  private pauses = new Map<number, () => void>();
  private count = 0;
  frame = (go: () => void) => { this.frames.set(++this.count, go); return this.count; };
  noFrame = (id: number) => { this.frames.delete(id); };
  later = (go: () => void) => { this.pauses.set(++this.count, go); return this.count; };
  never = (id: number) => { this.pauses.delete(id); };
  next = () => this.all(this.frames);
  rest = () => this.all(this.pauses);
  private all(kept: Map<number, () => void>) { const due = [...kept.values()]; kept.clear(); due.forEach((go) => go()); return due.length; }
}

function follower(points = 10) {
  const told: unknown[] = [];
  return { told, points: () => points, draw: (value: number, isMuch: boolean) => told.push([value, isMuch]), rest: (value: number | null) => told.push(["rest", value]) };
}

test("several movements within a frame are drawn once, and the state has the last when the hand rests", () => {
  const [settled, turn] = [[] as number[], new Turn()];
  const [moving, one] = [new Moving((value) => settled.push(value), turn), follower()];
  moving.follow(one);
  for (const value of [0.1, 0.2, 0.3]) moving.to(value);
  expect(turn.next()).toBe(1);
  moving.to(0.4);
  expect([turn.next(), settled]).toEqual([1, []]);
  expect([turn.rest(), settled]).toEqual([1, [0.4]]);
  expect(one.told).toEqual([[0.3, false], [0.4, false], ["rest", 0.4]]);
});

test("what all charts draw together tells whether it is much", () => {
  const turn = new Turn();
  const [moving, one, two] = [new Moving(() => undefined, turn), follower(MUCH), follower(1)];
  moving.follow(one);
  const leave = moving.follow(two);
  moving.to(0.5);
  turn.next();
  leave();
  moving.to(0.6);
  turn.next();
  expect([one.told, two.told]).toEqual([[[0.5, true], [0.6, false]], [[0.5, true]]]);
});

test("a movement that is given up settles nothing", () => {
  const [settled, turn] = [[] as number[], new Turn()];
  const [moving, one] = [new Moving((value) => settled.push(value), turn), follower()];
  moving.follow(one);
  moving.to(0.5);
  moving.leave();
  moving.end();
  expect([turn.next(), turn.rest()]).toEqual([0, 0]);
  expect([settled, one.told]).toEqual([[], [["rest", null]]]);
});
