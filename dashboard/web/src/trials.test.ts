import { expect, test } from "vitest";
import type { Group, LineDetail, Night, Run, SweepDetail, Trial } from "./api";
import { doubt, projectsOf } from "./Home";
import { rows } from "./differing";
import { band, dateOf, weeks } from "./nights";
import { axis, lively, progress, ranked } from "./trials";

const trial = (index: number, value: number | null, more: Partial<Trial> = {}): Trial => ({
  id: `c/n/t${index}`, index, name: `t${index}`, state: "succeeded", value, message: "", parameters: {},
  started_at: null, finished_at: `2026-11-2${index}T00:00:00Z`, ...more,
});
const sweep = (trials: Trial[], goal = "minimize") => ({ goal, trial_list: trials, running_list: [] }) as unknown as SweepDetail;

test("the best trial comes first, and one that failed or found nothing comes last", () => {
  const found = sweep([trial(0, 3), trial(1, null), trial(2, 1), trial(3, 0, { state: "failed" })]);
  expect(ranked(found).map((item) => item.index)).toEqual([2, 0, 1, 3]);
  expect(ranked({ ...found, goal: "maximize" }).map((item) => item.index)).toEqual([0, 2, 1, 3]);
});

test("the best so far never gets worse, and a trial that failed improves nothing", () => {
  const steps = progress(sweep([trial(0, 3), trial(1, 5), trial(2, 0, { state: "failed" }), trial(3, 2)]));
  expect(steps.map((step) => step.best)).toEqual([3, 3, 3, 2]);
});

test("numbers stand by size, and by their logarithm where they span a thousandfold", () => {
  expect([0, 5, 10].map(axis("x", [0, 5, 10]).place)).toEqual([0, 0.5, 1]);
  expect(axis("lr", [1e-5, 1e-3, 1e-1]).place(1e-3)).toBeCloseTo(0.5);
  expect([axis("x", [7, 7]).place(7), axis("x", [1, 2]).place(undefined)]).toEqual([0.5, null]);
});

test("what is no number stands by its name", () => {
  const found = axis("optimizer", ["sgd", "adam", "sgd", null]);
  expect([found.place("adam"), found.place("sgd"), found.place(null)]).toEqual([0, 1, null]);
});

const night = (day: number, loss: number, holds = true): Night => ({
  id: `c/n/n${day}`, scheduled_at: new Date(2026, 10, day, 2).toISOString(), name: `n${day}`, state: "finished", reason: "",
  metrics: { loss }, holds, gates: [], is_latest: day === 24, message: "", late_seconds: null,
});

test("the calendar has whole weeks up to today, with nights, failures and what was missed", () => {
  const nights: Night[] = [night(23, 1), night(24, 1), { ...night(25, 1, false), state: "missed", metrics: {} }, night(26, 9, false)];
  const found = weeks({ night_list: nights } as unknown as LineDetail, new Date(2026, 10, 26, 23));
  const last = found[found.length - 1] ?? [];
  expect(last.map((day) => day.mark)).toEqual(["holds", "holds", "missed", "fails", "none", "none", "none"]);
  expect(last.map((day) => day.isLatest).indexOf(true)).toBe(1);
  expect(found.every((week) => week.length === 7)).toBe(true);
  expect(last[0]?.date).toBe(dateOf(new Date(2026, 10, 23)));
});

test("the band of a night is of good nights before it, never of itself", () => {
  const { low, high } = band([night(1, 1), night(2, 2), night(3, 3), night(4, 100, false), night(5, 4)], "loss");
  expect([low[2], high[2]]).toEqual([null, null]);
  expect([low[3], high[3]]).toEqual([1.2, 2.8]);
  expect([low[4], high[4]]).toEqual([1.2, 2.8]);
});

const run = (more: Partial<Run>): Run =>
  ({ id: "r", namespace: "team", project: "p", state: "finished", reason: "", started_at: "2026-11-26T01:00:00Z", finished_at: "2026-11-26T02:00:00Z", lag_seconds: 1, ...more }) as unknown as Run;

test("a run needs a look when nothing is heard of it or its recording is far behind", () => {
  expect([doubt(run({ state: "silent" })), doubt(run({ state: "running", lag_seconds: 300 })), doubt(run({ state: "running" }))].map(Boolean)).toEqual([true, true, false]);
});

test("a project of one name in two namespaces is two, and the one that was trained last comes first", () => {
  const group = (namespace: string, last: number): Group => ({ values: ["c", namespace, "p"], runs: 3, running: 1, failed: 2, numbers: { started_at: { mean: 0, low: 0, high: last } } });
  const found = projectsOf([group("a", 1), group("b", 2)], [{ ...group("b", 2), runs: 1 }]);
  expect(found.map((item) => [item.namespace, item.name, item.failed, item.newest])).toEqual([["b", "p", 1, 2], ["a", "p", 0, 1]]);
});

const compared = (id: string, config: Run["config"], loss: number): Run =>
  run({ id, config, summary: { loss }, tags: [], metrics: [{ name: "loss", goal: "minimize" }] });

test("what is the same in all runs does not differ, and the best of a metric with a goal is known", () => {
  const found = rows([compared("a", { lr: 0.1, width: 8 }, 3), compared("b", { lr: 0.2, width: 8, amp: true }, 1)]);
  const of = (name: string) => found.find((row) => row.name === name);
  expect(["lr", "width", "amp", "loss", "project"].map((name) => of(name)?.differs)).toEqual([true, false, true, true, false]);
  expect([of("loss")?.best, of("lr")?.best, of("amp")?.values[0]]).toEqual([1, -1, undefined]);
});

test("a trial that still runs is ranked by its newest value, and improves no best so far", () => {
  const found: SweepDetail = { ...sweep([trial(0, 3), trial(1, 2)]), metric: "loss", running_list: [trial(2, 5, { state: "running" })] };
  const heard = new Map([["c/n/t2", run({ id: "c/n/t2", state: "finished", summary: { loss: 1 } })]]);
  const now = lively(found, heard);
  expect(now.running_list.map((item) => [item.state, item.value])).toEqual([["finished", 1]]);
  expect(ranked(now).map((item) => item.index)).toEqual([2, 1, 0]);
  expect(progress(now).map((step) => [step.value, step.best, step.isRunning])).toEqual([[3, 3, false], [2, 2, false], [1, null, true]]);
  expect(lively(found, new Map()).running_list[0]?.value).toBe(5);
});
