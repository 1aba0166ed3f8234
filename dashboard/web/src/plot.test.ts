import { expect, test } from "vitest";
import { ROUND } from "./Chart";
import { sections } from "./Charts";
import { questionOf } from "./listed";
import * as format from "./format";
import { plot } from "./plot";
import type { Curve } from "./api";

const look = { colour: () => "#112233", name: (id: string) => id, smoothing: 0 };
const curve = (x: number[], last: (number | null)[], more: Partial<Curve> = {}): Curve => ({
  attempt: 1, rank: 0, writer: "", points: x.length, x, min: last, max: last, last, step: x, time: x, ...more,
});

test("runs that were logged at other steps share one x, and what one lacks is no gap", () => {
  const { data, lines } = plot([{ run: "a", curves: [curve([0, 2], [1, 3])] }, { run: "b", curves: [curve([1], [5])] }], look);
  expect([...data[0]]).toEqual([0, 1, 2]);
  expect([...(data[1] ?? [])]).toEqual([1, undefined, 3]);
  expect(lines.map((line) => line?.label)).toEqual([undefined, "a", "b"]);
});

test("a gap of the run itself stays a gap", () => {
  const { data } = plot([{ run: "a", curves: [curve([0, 1, 2], [1, null, 3])] }], look);
  expect([...(data[1] ?? [])]).toEqual([1, null, 3]);
});

test("a curve that stands for more rows than it has points gets a band of its extremes", () => {
  const { series, bands } = plot([{ run: "a", curves: [curve([0, 9], [1, 2], { points: 10, min: [0, 1], max: [2, 3] })] }], look);
  expect(series).toHaveLength(4);
  expect(bands).toEqual([{ series: [2, 1], fill: "rgba(17,34,51,0.14)" }]);
});

test("bands, then raw values, then smoothed lines: no run's values lie over another's line", () => {
  const many = { points: 20, min: [0, 0, 0], max: [9, 9, 9] };
  const runs = ["a", "b"].map((run) => ({ run, curves: [curve([0, 1, 2], [1, 5, 3], many)] }));
  const { data, lines, behind, bands } = plot(runs, { ...look, smoothing: 0.5 });
  expect(behind).toBe(6);
  expect(lines.map((line) => line?.label ?? "")).toEqual(["", "", "", "", "", "", "", "a", "b"]);
  expect(bands.map((band) => band.series)).toEqual([[2, 1], [4, 3]]);
  expect([data[2], data[5]].map((column) => [...(column ?? [])])).toEqual([[9, 9, 9], [1, 5, 3]]);
});

test("an earlier attempt is fainter than the newest, and says which it is", () => {
  const { series, lines } = plot([{ run: "a", curves: [curve([0], [1]), curve([0], [2], { attempt: 2 })] }], look);
  expect([series[1]?.stroke, series[2]?.stroke]).toEqual(["rgba(17,34,51,0.4)", "#112233"]);
  expect(lines[1]?.label).toBe("a (attempt 1)");
});

test("metrics are grouped by what stands before the first slash", () => {
  expect(sections(["val/loss", "loss", "train/a/b"]).map(([name]) => name)).toEqual(["metrics", "train", "val"]);
  expect(sections(["cpu", "memory_percent", "disk./.usagePercent", "gpu.0.gpu", "gpu.1.temp"], "system")).toEqual([
    ["gpu", ["gpu.0.gpu", "gpu.1.temp"]], ["cpu", ["cpu"]], ["disk", ["disk./.usagePercent"]], ["memory", ["memory_percent"]],
  ]);
});

test("an expression is told from plain words", () => {
  const asked = (text: string) => Object.keys(questionOf(text));
  expect(["config.lr < 0.1", 'state = "failed"', "order by step"].map(asked)).toEqual([["filter"], ["filter"], ["filter"]]);
  expect(["resnet vision", "islands", " "].map(asked)).toEqual([["words"], ["words"], []]);
});

test("numbers keep what tells them apart", () => {
  expect([0, 1234567, 0.1 + 0.2, 1.5e-7, -2e9].map(format.number)).toEqual(["0", "1,234,567", "0.3", "1.500e-7", "-2.000e+9"]);
});

test("times are written as the reader's locale writes them, and what is none is nothing", () => {
  const iso = "2026-11-27T21:04:05Z";
  expect(format.short(iso)).toBe(new Date(iso).toLocaleString(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }));
  expect(format.day(iso)).toBe(new Date(iso).toLocaleDateString(undefined, { weekday: "short", month: "short", day: "numeric" }));
  expect([format.short("soon"), format.day("soon"), format.moment("soon"), format.short(null)]).toEqual(["", "", "", ""]);
});

test("marks of a time since the start are whole minutes, hours and days", () => {
  expect([...ROUND].sort((a, b) => a - b)).toEqual(ROUND);
  for (const unit of [60, 3600, 86400]) expect(ROUND.filter((step) => step >= unit).every((step) => step % unit === 0)).toBe(true);
});
