import { expect, test } from "vitest";
import { idOf, viewOf, withZoom, zoomOf } from "./address";

test.each([["/", ""], ["/runs", "runs"], ["/runs/", "runs"], ["/reports/new", "reports/new"], ["/nowhere", null], ["/runsx", null], ["/runs/a", null], ["/runs/a/b/c/d", null], ["/sweeps/%E0%A4%A", null], ["//", ""]])("a view stands at its path and at no other: %s", (path, view) => {
  expect(viewOf(path)).toBe(view);
  expect(idOf(path, "runs")).toBeNull();
});

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
