import { expect, test } from "vitest";
import { parsed } from "./panels";

test("a block names a panel, its runs and its keys", () => {
  const panel = parsed('# why\npanel: curves\ntitle: Loss: both\nruns: config.lr < 0.1 order by summary."val/loss"\nkeys: train/loss , val/loss\nsmooth: 0.6\nlog: y\n');
  expect(panel).toEqual({
    kind: "curves", title: "Loss: both", runs: 'config.lr < 0.1 order by summary."val/loss"', limit: 10,
    keys: ["train/loss", "val/loss"], axis: "step", smoothing: 0.6, logY: true,
  });
});

test.each([
  ["keys", "keys: curves needs one at least, such as train/loss"],
  ["keys: loss\nrun: x", "“run: x” is none of"],
  ["keys: loss\nkeys: loss", "keys stands there twice"],
  ["keys: loss\npanel: pie", "panel: “pie” is none of curves, table"],
  ["keys: loss\nsmooth: 1", "smooth: “1” is no number between 0 and 0.99"],
  ["keys: loss\nlimit: 1e9", "limit: “1e9” is no number between 1 and 100"],
  ["panel: scatter\nkeys: config.lr", "keys: scatter needs two at least"],
  [`keys: ${Array.from({ length: 25 }, (_, n) => n).join(",")}`, "keys: 25 are named, 24 are drawn at most"],
])("what is no panel is told so: %s", (text, told) => {
  expect(() => parsed(text === "keys" ? "" : text)).toThrow(told);
});
