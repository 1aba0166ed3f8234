import { expect, test } from "vitest";
import { namesOf, placesOf, toggled } from "./chosen";

const run = (name: string) => ({ id: `prod/team/${name}`, run: name });
const [a, b, c, d] = [run("a"), run("b"), run("c"), run("d")] as const;

test("a run that is hidden changes the colour of no other one", () => {
  const hidden = toggled("", [a, b, c], b);
  expect(hidden).toBe("a,,c");
  expect([...placesOf(hidden, [a, c]).values()]).toEqual([0, 2]);
});

test("the next one that is drawn takes the empty place, and the last one the end", () => {
  expect(toggled("a,,c", [a, c], d)).toBe("a,d,c");
  expect(toggled("a,d,c", [a, d, c], b)).toBe("a,d,c,b");
  expect([...placesOf("c,a", [a, c]).values()]).toEqual([1, 0]);
});

test("none at all is told apart from the first of the list", () => {
  expect(toggled("a", [a], a)).toBe("-");
  expect([namesOf("-"), namesOf("a,,c")]).toEqual([[], ["a", "c"]]);
  expect(toggled("-", [], c)).toBe("c");
  expect([...placesOf("", [a, b]).values()]).toEqual([0, 1]);
});
