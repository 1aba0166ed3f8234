import { expect, test } from "vitest";
import type { Run } from "./api";
import { inverse } from "./words";

const run = (id: string, more: Partial<Run> = {}) => ({ id, tags: [], archived: false, deleted: false, ...more }) as unknown as Run;

test("a tag is taken back from those that did not have it", () => {
  expect(inverse([run("a", { tags: ["x"] }), run("b")], { tag: ["x", "y"], untag: ["x"] })).toEqual([
    { runs: ["b"], said: { untag: ["x"] } }, { runs: ["a", "b"], said: { untag: ["y"] } }, { runs: ["a"], said: { tag: ["x"] } },
  ]);
});

test("what was archived or deleted before stays so", () => {
  const runs = [run("a", { archived: true, deleted: true }), run("b")];
  expect(inverse(runs, { archive: true, delete: true })).toEqual([
    { runs: ["b"], said: { archive: false } }, { runs: ["b"], said: { delete: false } },
  ]);
  expect(inverse([run("a", { deleted: true })], { delete: true })).toEqual([]);
});
