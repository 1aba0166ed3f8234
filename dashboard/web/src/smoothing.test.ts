import { expect, test } from "vitest";
import { smooth } from "./smoothing";

test("no weight leaves the values as they are", () => {
  expect(smooth([3, 1, 2], 0)).toEqual([3, 1, 2]);
});

test("a constant stays the constant from the first value on", () => {
  expect(smooth([0.3, 0.3, 0.3], 0.9)).toEqual([0.3, 0.3, 0.3]);
});

test("values are weighed as TensorBoard weighs them, without a pull towards zero", () => {
  // last = 0.6 last + 0.4 x, divided by 1 - 0.6^n: by hand for 1, 2, 4.
  const found = smooth([1, 2, 4], 0.6).map((value) => Number(value?.toFixed(10)));
  expect(found).toEqual([1, Number((1.04 / 0.64).toFixed(10)), Number((2.224 / 0.784).toFixed(10))]);
});

test("a gap stays a gap, and the average goes on behind it", () => {
  const found = smooth([1, null, 3], 0.5);
  expect(found[1]).toBeNull();
  expect(found[2]).toBeCloseTo((0.25 + 1.5) / 0.75, 12);
});
