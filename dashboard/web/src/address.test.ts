import { expect, test } from "vitest";
import { withZoom, zoomOf } from "./address";

test("each chart has its stretch, and gives it back", () => {
  const one = withZoom("", "loss@step", [10, 20.5]);
  const two = withZoom(one, "a|b~c@step", [-1e-7, 3e9]);
  expect([zoomOf(two, "loss@step"), zoomOf(two, "a|b~c@step"), zoomOf(two, "loss@time")]).toEqual([[10, 20.5], [-1e-7, 3e9], null]);
  expect(withZoom(withZoom(two, "loss@step", null), "a|b~c@step", null)).toBe("");
  expect(zoomOf(withZoom(two, "loss@step", [1, 2]), "loss@step")).toEqual([1, 2]);
});

test.each(["", "x", "loss@step~2~1", "loss@step~a~b", "loss@step~NaN~1", "~1~2"])("what is no stretch is none: %s", (text) => {
  expect(zoomOf(text, "loss@step")).toBeNull();
});
