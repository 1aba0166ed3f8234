import { expect, test } from "vitest";
import type { Curve } from "./api";
import { across, bundled } from "./bundles";

const curve = (x: number[], last: (number | null)[], more: Partial<Curve> = {}): Curve => ({
  attempt: 1, rank: 0, writer: "", points: x.length, x, min: last, max: last, last, step: x, time: x, ...more,
});

test("a group is the mean of its runs where they are, with the lowest and the highest", () => {
  const found = [{ run: "a", curves: [curve([0, 2], [0, 4])] }, { run: "b", curves: [curve([0, 1], [2, 4])] }, { run: "c", curves: [curve([0], [9])] }];
  const [one, other] = bundled(found, (run) => (run === "c" ? "far" : "near"));
  expect([one?.run, one?.curves[0]?.x, one?.curves[0]?.last, one?.curves[0]?.min, one?.curves[0]?.max]).toEqual(["a", [0, 1, 2], [1, 3, 4], [0, 2, 4], [2, 4, 4]]);
  expect(other?.curves[0]?.last).toEqual([9]);
});

test("an earlier attempt is no run of its own", () => {
  const found = [{ run: "a", curves: [curve([0], [100]), curve([0], [1], { attempt: 2 })] }, { run: "b", curves: [curve([0], [3])] }];
  expect(bundled(found, () => "")[0]?.curves[0]?.last).toEqual([2]);
});

test("a metric over another one goes by what that was last, in its order, and within the range", () => {
  const loss = [{ run: "a", curves: [curve([0, 1, 2, 3], [9, 8, 7, 6])] }];
  const epoch = [{ run: "a", curves: [curve([1, 3], [20, 10])] }];
  expect(across(loss, epoch, null)[0]?.curves[0]).toMatchObject({ x: [10, 20, 20], last: [6, 8, 7], step: [3, 1, 2] });
  expect(across(loss, epoch, [15, 30])[0]?.curves[0]?.x).toEqual([20, 20]);
  expect(across(loss, [], null)[0]?.curves).toEqual([]);
});
