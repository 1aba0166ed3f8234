import { expect, test } from "vitest";
import type { SweepDetail, Trial, Tree } from "./api";
import { axesOf, inside, stretchesOf, withStretch } from "./stretches";

const trial = (index: number, value: number | null, parameters: Tree): Trial =>
  ({ id: `c/n/t${index}`, index, name: `t${index}`, state: "succeeded", value, message: "", parameters, started_at: null, finished_at: null });
const TRIALS = [trial(0, 1, { lr: 0.00001, kind: "adam" }), trial(1, 2, { lr: 0.001, kind: "sgd" }), trial(2, 3, { lr: 0.1, kind: "lion" })];
const SWEEP = { goal: "minimize", metric: "loss", trial_list: TRIALS, running_list: [] } as unknown as SweepDetail;
const AXES = axesOf(TRIALS, "loss");
const [LR, KIND, LOSS] = AXES as [typeof AXES[0], typeof AXES[0], typeof AXES[0]];
const named = (text: string, sweep = SWEEP) => [...(inside(sweep, text, "loss") ?? ["all"])].map((id) => id.replace("c/n/", "")).sort().join(" ");

test("a stretch is written by the values at its ends, and an end of the axis is open", () => {
  const text = withStretch(withStretch("", LR, [0.4, 1]), LOSS, [0, 0.6]);
  expect(text).toBe("lr~0.00039810717~|loss~~2.2");
  expect(named(text)).toBe("t1");
  expect(withStretch(withStretch(text, LR, null), LOSS, [0, 1])).toBe("");
  expect(stretchesOf(text, AXES).get("lr")?.[0]).toBeCloseTo(0.4);
});

test("a stretch of names is written by the first and the last", () => {
  const text = withStretch("", KIND, [0.3, 1]);
  expect([text, named(text)]).toEqual(["kind~lion~sgd", "t1 t2"]);
  expect(withStretch(text, KIND, [0.6, 0.9])).toBe("");
});

test("trials that come later lie in the same stretch of values, however far the axis reaches by then", () => {
  const more = { ...SWEEP, trial_list: [...TRIALS, trial(3, 9, { lr: 10, kind: "adam" }), trial(4, 1.5, { lr: 0.0005, kind: "zz" })] };
  expect(named("lr~0.0004~|loss~~2.2", more)).toBe("t1 t4");
  expect(named("kind~lion~sgd", more)).toBe("t1 t2");
});

test.each(["", "lr", "lr~~", "lr~x~y", "lr~2~1", "nothing~1~2", "kind~no~sgd", "~~~|||"])("what is no stretch of an axis chooses nothing: %s", (text) => {
  expect(named(text)).toBe("all");
});
