import { expect, test } from "vitest";
import type { Curve } from "../api";
import { STYLE, STYLE_HASH } from "./filestyle";
import { chart, ticks } from "./svg";

const curve = (more: Partial<Curve>): Curve => ({ attempt: 1, rank: 0, writer: "", points: 3, x: [0, 1, 2], min: [3, 2, 1], max: [3, 2, 1], last: [3, 2, 1], step: [0, 1, 2], time: [0, 1, 2], ...more });
const drawn = (curves: Curve[], more = {}) => chart({ title: "loss", axis: "step", logY: false, smoothing: 0, runs: [{ run: "a/b/c", curves }], name: () => 'evil "<b>', place: () => 12, ...more });
const lines = (picture: string) => [...picture.matchAll(/class="line[^"]*" d="([^"]*)"/g)].map((found) => found[1] ?? "");

test("the policy of a file names its own style", async () => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE)));
  expect(STYLE_HASH).toBe(`sha256-${btoa(String.fromCharCode(...digest))}`);
});

test("a curve is a line from the upper left to the lower right, in the colour of its run", () => {
  const picture = drawn([curve({})]);
  expect(lines(picture)).toEqual(["M58.0 12.0L383.0 141.0L708.0 270.0"]);
  expect(picture).toContain('class="line c2"');
});

test("a gap is a gap, and an earlier attempt is faint", () => {
  const found = drawn([curve({ last: [3, null, 1] }), curve({ attempt: 2 })]);
  expect(lines(found)[0]).toBe("M58.0 12.0M708.0 270.0");
  expect(found).toContain('class="line c2 old"');
});

test("what stands for more rows than it has points has a band of their extremes", () => {
  expect(drawn([curve({ points: 300, min: [2, 1, 0], max: [4, 3, 2] })])).toMatch(/class="band c2" d="M58.0 12.0L383.0 76.5L708.0 141.0L708.0 270.0L383.0 205.5L58.0 141.0Z"/);
});

test("on a log axis what is not above zero has no place", () => {
  expect(lines(drawn([curve({ last: [100, 0, 1] })], { logY: true }))[0]).toBe("M58.0 12.0M708.0 270.0");
});

test("names are text, and nothing is drawn of nothing", () => {
  expect(drawn([curve({})])).toContain("evil &quot;&lt;b&gt;");
  expect(drawn([])).toContain("no chosen run has logged this");
  expect(drawn([curve({ last: [null, null, null] })])).toContain("no chosen run has logged this");
});

test("ticks are round, and few", () => {
  expect(ticks(0, 100)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(ticks(-0.013, 0.0311)).toEqual([-0.01, 0, 0.01, 0.02, 0.03]);
  expect(ticks(1e9, 1e9 + 3).length).toBeLessThan(8);
});
