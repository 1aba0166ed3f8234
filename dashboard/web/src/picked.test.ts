import { expect, test } from "vitest";
import { every, had, MOST_NAMED, NONE, told, turned } from "./picked";

const THERE = ["c/n/a-1", "c/n/b-2", "c/m/d-3"];
const chosen = (...ids: string[]) => ids.reduce(turned, NONE);

test("rows that were chosen one by one are named, and had back", () => {
  const two = chosen("c/n/b-2", "c/m/d-3");
  expect(told(two)).toBe("b-2,d-3");
  expect(had("b-2,d-3,gone-9", THERE).ids).toEqual(two.ids);
  expect([told(turned(turned(two, "c/n/b-2"), "c/m/d-3")), told(NONE)]).toEqual(["", ""]);
});

test("all of a list is one word, and those left out are named", () => {
  const most = turned(every(THERE), "c/n/a-1");
  expect([told(every(THERE)), told(most)]).toEqual(["*", "*,-a-1"]);
  expect([...had("*,-a-1", THERE).ids]).toEqual(["c/n/b-2", "c/m/d-3"]);
  expect([told(turned(most, "c/n/a-1")), told(had("*,-a-1", THERE))]).toEqual(["*", "*,-a-1"]);
});

test("of more than an address can bear it names none", () => {
  const many = Array.from({ length: MOST_NAMED + 1 }, (_, place) => `c/n/r-${place}`);
  expect([told(chosen(...many)), told(chosen(...many.slice(1))).split(",").length]).toEqual(["", MOST_NAMED]);
});
