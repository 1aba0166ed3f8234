import { expect, test } from "vitest";
import type { Run, Tree } from "./api";
import { goalOf, headlineOf, number, read, varied } from "./fields";

const run = (config: Tree, summary: Tree, metrics: Run["metrics"] = []): Run => ({
  id: "a/b/c", namespace: "b", project: "p", run: "c", name: "c", display_name: "C", state: "finished", reason: "", cluster: "a", attempts: 1,
  step: 7, created_at: 0, started_at: "2026-11-27T00:00:00Z", finished_at: "2026-11-27T00:01:00Z", config, summary, tags: [], lag_seconds: 0,
  durable: true, bound: true, archived: false, deleted: false, metrics,
});

test("values are read by the names of expressions, nested ones and those with a slash too", () => {
  const one = run({ optimizer: { lr: 0.1 } }, { "val/loss": 2 });
  expect([read(one, "config.optimizer.lr"), read(one, "summary.val/loss"), read(one, 'summary."val/loss"'), read(one, "step"), read(one, "took")]).toEqual([0.1, 2, 2, 7, 60]);
  expect([read(one, "config.none"), read(one, "toString"), read(one, "lr")]).toEqual([undefined, undefined, undefined]);
});

test("a number that is none is no number", () => {
  expect(number(run({}, { a: "NaN", b: 1 }), "summary.a")).toBeUndefined();
  expect(number(run({}, { b: 1 }), "summary.b")).toBe(1);
});

test("parameters with one value tell nothing apart", () => {
  expect(varied([run({ lr: 1, seed: 3 }, {}), run({ lr: 2, seed: 3 }, {}), run({ lr: 2, seed: 3, extra: 1 }, {})])).toEqual(["config.lr"]);
});

test("runs are judged by the metric that they name, else by a loss, else by any number", () => {
  expect(headlineOf([run({}, { acc: 1, loss: 1 }, [{ name: "acc", goal: "maximize" }])])).toEqual({ name: "summary.acc", goal: "maximize" });
  expect(headlineOf([run({}, {}, [{ name: "none" }]), run({}, { f1: 1 }, [{ name: "f1" }])])).toEqual({ name: "summary.f1", goal: "maximize" });
  expect(headlineOf([run({}, { a: 1, train: { loss: 1 } })])).toEqual({ name: "summary.train.loss", goal: "minimize" });
  expect(headlineOf([run({}, { zeta: 1, text: "x" })])).toEqual({ name: "summary.zeta", goal: "minimize" });
  expect(headlineOf([])).toEqual({ name: "", goal: "minimize" });
  expect(goalOf([], "summary.val_accuracy")).toBe("maximize");
});
