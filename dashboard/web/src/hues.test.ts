import { expect, test } from "vitest";
import { alone, toggled, placesOf } from "./chosen";
import { counted, huesOf, PALETTE, placed, slotted, told } from "./hues";

const ids = (from: number, count: number) => Array.from({ length: count }, (_, at) => `c/n/r${from - at}`);
const nothing = () => undefined;
const byId = (known: ReadonlyMap<string, number>) => (id: string) => known.get(id);

test("a run that comes changes no colour, and of the ten that are drawn each has its own", () => {
  const before = placed(ids(40, 10), counted(41), nothing);
  const after = placed(ids(41, 10), counted(42), nothing);
  expect(new Set(after.values()).size).toBe(PALETTE);
  for (const id of ids(40, 9)) expect(after.get(id)).toBe(before.get(id));
});

test("what a run was given it keeps in another list, and one that would collide steps aside", () => {
  const given = new Map([["c/n/r5", 3], ["c/n/r4", 7]]);
  const found = placed(ids(5, 3), counted(4), byId(given));
  expect([...ids(5, 3).map((id) => found.get(id))]).toEqual([3, 7, 1]);
  expect(placed(["c/n/x", "c/n/r5"], counted(5), byId(new Map([["c/n/r5", 4]]))).get("c/n/x")).toBe(5);
});

test("a link says what is not a run's own, so that another browser gives the same", () => {
  const own = counted(3);
  const places = placed(ids(2, 3), own, byId(new Map([["c/n/r2", 9]])));
  const text = told(ids(2, 3), own, places);
  expect([text, told(ids(2, 3), own, placed(ids(2, 3), own, nothing))]).toEqual(["r2~9", ""]);
  const said = huesOf(text);
  expect(placed(ids(2, 3), own, (id) => said.get(id.slice(4)))).toEqual(places);
  expect([...huesOf("a~x|b|~1|c~1e9")]).toEqual([["", 1]]);
});

test("what is drawn stands at its place, also where more than ten are", () => {
  const [a, b, c] = ["a", "b", "c"].map((run) => ({ id: `c/n/${run}`, run, name: run })) as [Item, Item, Item];
  const places = new Map([[a.id, 2], [b.id, 0], [c.id, 12]]);
  expect(slotted([a, b, c], places).join()).toBe("b,,a,,,,,,,,,,c");
  expect(toggled("", [a, b], a, places)).toBe("b");
  expect(toggled("b", [b], c, places, 2)).toBe("b,,c");
  expect(toggled("b,,a", [b, a], c, places, 2)).toBe("b,c,a");
  expect([alone(a, 2), placesOf(alone(a, 2), [a]).get(a.id)]).toEqual([",,a", 2]);
});

interface Item { id: string; run: string; name: string }
