import { expect, test } from "vitest";
import { beside, freeId, grids, moves, named, names, ordered, rows, sectionOf, shifted, sizeOf, withGrid, withoutGrid, withSection, withSize, written } from "./arrangement";

const AUTOMATIC = ["a", "b|c", "d~e", "f%7C", "g"];

test("words of any signs come back as they were", () => {
  const odd = [["a|b", "c~d", ""], ["%7C%", "日本", "x y"]];
  expect(rows(written(odd))).toEqual(odd);
  expect([names(named(AUTOMATIC)), names("")]).toEqual([AUTOMATIC, []]);
});

test("any order is had back from its moves, and the automatic one needs none", () => {
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let round = 0; round < 200; round++) {
    const wanted = AUTOMATIC.map((key): [number, string] => [random(), key]).sort(([a], [b]) => a - b).map(([, key]) => key);
    expect(ordered(AUTOMATIC, moves(AUTOMATIC, wanted, ""))).toEqual(wanted);
  }
  expect(moves(AUTOMATIC, AUTOMATIC, "")).toBe("");
});

test("one panel that was moved is one move, however many stand between", () => {
  const many = Array.from({ length: 30 }, (_, place) => `m${place}`);
  expect(moves(many, beside(many, "m29", "m0", false), "")).toBe("m29~");
  expect(moves(many, beside(many, "m0", "m29", true), "")).toBe("m0~m29");
});

test("moves of panels that are not there now are kept, and panels that are new stand where they stand by themselves", () => {
  const before = moves(["x", "y"], ["y", "x"], "");
  const after = moves(["a", "b"], ["b", "a"], before);
  expect([ordered(["x", "y"], after), ordered(["a", "b"], after), ordered(["a", "aa", "b"], after)]).toEqual([["y", "x"], ["b", "a"], ["aa", "b", "a"]]);
});

test.each(["a~b|b~a", "a~a", "a~zz", "a~g|a~d~e", "~~~", "|||", "a"])("a link that was written by hand loses and doubles nothing: %s", (text) => {
  expect([...ordered(AUTOMATIC, text)].sort()).toEqual([...AUTOMATIC].sort());
});

test("a panel goes beside another, or some places on and no further than there are any", () => {
  const three = ["a", "b", "c"];
  expect([beside(three, "a", "b", true), beside(three, "c", "a", false), beside(three, "a", "a", true), beside(three, "a", "z", true)]).toEqual([["b", "a", "c"], ["c", "a", "b"], three, three]);
  expect([shifted(three, "b", -1), shifted(three, "b", 9), shifted(three, "a", -1)]).toEqual([["b", "a", "c"], ["a", "c", "b"], three]);
});

test("a size is written where it is not the usual one", () => {
  const text = withSize(withSize("", "a|b", { wide: 3, high: "tall" }), "c", { wide: 1, high: "short" });
  expect(text).toBe("a%7Cb~3t|c~s");
  expect([sizeOf(text, "a|b"), sizeOf(text, "c"), sizeOf(text, "d"), sizeOf("d~9x", "d")]).toEqual([
    { wide: 3, high: "tall" }, { wide: 1, high: "short" }, { wide: 1, high: "usual" }, { wide: 1, high: "usual" }]);
  expect(withSize(text, "a|b", { wide: 1, high: "usual" })).toBe("c~s");
});

test("a grid of its own runs is had back, said anew and taken away", () => {
  const grid = { id: "a", title: "Small | rates", runs: "config.lr < 0.1 order by summary.\"val~loss\"", kind: "curves" as const, limit: 10, keys: [] };
  const one = withGrid("", grid);
  expect(one).toBe("a~Small %7C rates~config.lr < 0.1 order by summary.\"val%7Eloss\"");
  const two = withGrid(one, { ...grid, id: freeId(one), kind: "scatter", limit: 50, keys: ["config.lr", "summary.loss"] });
  expect(grids(two)).toEqual([grid, { ...grid, id: "b", kind: "scatter", limit: 50, keys: ["config.lr", "summary.loss"] }]);
  expect(grids(withGrid(two, { ...grid, title: "x" })).map((item) => item.title)).toEqual(["x", grid.title]);
  expect(grids(withoutGrid(two, "a")).map((item) => item.id)).toEqual(["b"]);
});

test.each(["A~x", "~x", "1~x", "a~t~r~nonsense~9999"])("a grid that was written by hand is bounded, or none: %s", (text) => {
  for (const grid of grids(text)) expect([grid.kind, grid.limit]).toEqual(["curves", 100]);
});

test("a panel is moved to a section of any name, and back", () => {
  const text = withSection(withSection("", "val/a|b", "my, own~part"), "loss", "val");
  expect([sectionOf(text, "val/a|b"), sectionOf(text, "loss"), sectionOf(text, "else")]).toEqual(["my  own~part", "val", undefined]);
  expect(withSection(withSection(text, "loss", ""), "val/a|b", " ")).toBe("");
  for (const odd of ["loss", "loss~", "|~"]) expect(sectionOf(odd, "loss")).toBeUndefined();
});
