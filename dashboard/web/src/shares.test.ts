import { expect, test } from "vitest";
import { body, choices, isBeside, type Shared } from "./shares";

const good = (kind: Shared["kind"], opens: string): Shared => ({ id: "prod/team/1", kind, opens, href: "", filter: "", runs: [], made_by: "", expires_at: "" });

test("a list is shared as it is asked for, in one namespace", () => {
  const sent = body({ kind: "view", question: { filter: "config.lr < 1", show: "current" } }, "prod/team", "/runs?q=config.lr+%3C+1&sort=took");
  expect(sent).toEqual({ kind: "view", id: "prod/team", filter: "config.lr < 1", words: "", show: "current", href: "/runs?q=config.lr+%3C+1&sort=took" });
});

test("one thing, or runs beside each other, are shared as they are seen, and a project from elsewhere", () => {
  const offer = { kind: "compare" as const, runs: ["prod/team/a", "prod/team/b"] };
  expect(body(offer, "prod/team", "/compare?ids=x")).toEqual({ ...offer, href: "/compare?ids=x" });
  const project = { kind: "project" as const, id: "prod/team/p" };
  expect(body(project, "", "/")).toEqual(project);
});

test("beside one thing stand its own links, beside a list those of all lists", () => {
  expect(isBeside({ kind: "run", id: "prod/team/a" }, good("run", "prod/team/a"))).toBe(true);
  expect(isBeside({ kind: "run", id: "prod/team/a" }, good("run", "prod/team/b"))).toBe(false);
  expect(isBeside({ kind: "sweep", id: "prod/team/a" }, good("line", "prod/team/a"))).toBe(false);
  expect(isBeside({ kind: "view", question: {} }, good("view", "prod/other"))).toBe(true);
});

test("the most that is allowed is one of the choices, and none is beyond it", () => {
  expect(choices(14)).toEqual([1, 7, 14]);
  expect(choices(0.5)).toEqual([0.5]);
});
