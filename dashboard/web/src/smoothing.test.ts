import { expect, test } from "vitest";
import { averaged, smooth } from "./smoothing";

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

/** TensorBoard's own loop (vz_line_chart2), number by number. */
function tensorboard(values: (number | null)[], weight: number): (number | null)[] {
  let last = 0;
  let count = 0;
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return value;
    last = last * weight + (1 - weight) * value;
    count += 1;
    return last / (1 - Math.pow(weight, count));
  });
}

test("every number is TensorBoard's to the last bit, whatever was smoothed before with which weight", () => {
  for (const [length, weight] of [[40, 0.6], [1500, 0.6], [1500, 0.99], [9, 0.37], [700, 0.37]] as const) {
    const values = Array.from({ length }, (_, at) => (at % 97 === 5 ? null : Math.sin(at) * 10 ** (at % 7)));
    expect(smooth(values, weight)).toEqual(tensorboard(values, weight));
    expect([...averaged(values, weight, new Float64Array(length))].map((value) => (Number.isNaN(value) ? null : value))).toEqual(tensorboard(values, weight));
  }
});

test("what is drawn while the slider moves is the values themselves where there is no weight or nothing to smooth", () => {
  expect([...averaged([3, 1, 2], 0, new Float64Array(3))]).toEqual([3, 1, 2]);
  expect([...averaged([0.3, 0.3], 0.9, new Float64Array(2))]).toEqual([0.3, 0.3]);
});
