import { expect, test } from "vitest";
import type { File } from "./api";
import { bins, fileOf, heat, kindOf, logged, named, rowAt, stepsOf } from "./media";

test("media are told from other values by their type", () => {
  expect(logged({ loss: 1, b: { _type: "histogram" }, a: { _type: "image-file" }, c: { _type: "unheard-of" } })).toEqual([["a", "picture"], ["b", "histogram"]]);
  expect(kindOf([1])).toBeNull();
});

test("one file, several files and nested ones are all named, with their captions", () => {
  expect(named({ _type: "image-file", path: "media/a.png", sha256: "aa" })).toEqual([{ path: "media/a.png", sha256: "aa", caption: "" }]);
  expect(named({ _type: "images/separated", filenames: ["x.png", "y.png"], captions: ["one", "two"] }).map((item) => item.caption)).toEqual(["one", "two"]);
  expect(named({ _type: "audio", audio: [{ path: "s.wav", sha256: "ss", caption: "la" }] })).toEqual([{ path: "s.wav", sha256: "ss", caption: "la" }]);
});

test("a slider goes through the steps of all runs, and each shows its newest until then", () => {
  const row = (step: number | null) => ({ _step: step, _timestamp: null });
  const [one, other] = [[row(0), row(20)], [row(10), row(20), row(30)]];
  expect(stepsOf([one, other, []])).toEqual([0, 10, 20, 30]);
  expect([rowAt(one, 10)?._step, rowAt(other, 5), rowAt(one, Infinity)?._step, rowAt([row(null)], 0)?._step]).toEqual([0, undefined, 20, null]);
});

test("a file is found by its digest, else by the end of its path, and never by a part of a name", () => {
  const files = [{ path: "wandb/run/files/media/a.png", sha256: "aa" }, { path: "media/ba.png", sha256: "bb" }] as File[];
  expect(fileOf(files, { path: "elsewhere.png", sha256: "bb", caption: "" })?.sha256).toBe("bb");
  expect(fileOf(files, { path: "media/a.png", sha256: "", caption: "" })?.sha256).toBe("aa");
  expect(fileOf(files, { path: "a.png", sha256: "", caption: "" })?.sha256).toBe("aa");
  expect(fileOf(files, { path: ".png", sha256: "", caption: "" })).toBeUndefined();
});

test("a histogram has its edges by name or packed, and a broken one is none", () => {
  expect(bins({ values: [1, 2], bins: [0, 1, 2] })).toEqual({ counts: [1, 2], edges: [0, 1, 2] });
  expect(bins({ values: [1, 2], packedBins: { min: 3, size: 2, count: 2 } })?.edges).toEqual([3, 5, 7]);
  expect(bins({ values: [1, 2], bins: [0, 1] })).toBeNull();
});

test("bins of any width are spread over the same rows, each step against its own fullest", () => {
  const told = heat([{ counts: [4], edges: [0, 2] }, { counts: [1, 3], edges: [0, 2, 4] }], 4);
  expect([told.low, told.high]).toEqual([0, 4]);
  expect(told.columns).toEqual([[1, 1, 0, 0], [1 / 3, 1 / 3, 1, 1]]);
});
