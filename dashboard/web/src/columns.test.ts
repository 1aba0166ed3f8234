import { expect, test } from "vitest";
import type { Run, Tree } from "./api";
import { aggregate, columnsOf, csv, groupsOf, json, laid, meaning, sortedBy, widthsOf, written } from "./columns";

const run = (name: string, config: Tree, state = "finished") => ({ id: `a/b/${name}`, display_name: name, state, config, summary: {}, tags: [] }) as unknown as Run;
const runs = [run("one", { lr: 0.1, net: "=x" }), run("two", { lr: 0.3 }, "failed"), run("three", { net: "=x" })];
const columns = columnsOf(runs).filter((column) => ["name", "config.lr", "config.net"].includes(column.name));

test("pinned columns come first and stay where the ones before them end", () => {
  const found = laid(columns, new Set(["config.net"]), new Map([["config.net", 80]]), 34);
  expect(found.map((column) => [column.name, column.left])).toEqual([["config.net", 34], ["name", null], ["config.lr", null]]);
});

test("widths stand in the address, within reason", () => {
  expect(written(widthsOf("config.a:b:300,step:2,name:99999"))).toBe("config.a:b:300,name:900");
});

test("a group has its runs, what its numbers are like, and an expression that means it", () => {
  const groups = groupsOf(runs, "config.net");
  expect(groups.map((group) => [group.value, group.runs.length])).toEqual([["=x", 2], [undefined, 1]]);
  const rate = columns.find((column) => column.name === "config.lr");
  expect(rate && aggregate(runs, rate)).toEqual({ mean: 0.2, low: 0.1, high: 0.3 });
  expect(rate && aggregate(runs.slice(2), rate)).toBeNull();
  expect([meaning("config.net", "=x"), meaning("config.a/b", 1), meaning("state", undefined)]).toEqual(['config.net = "=x"', 'config."a/b" = 1', "state is null"]);
});

test("what has no value comes last in both directions", () => {
  const named = (sort: string) => sortedBy(runs, columns, sort).map((item) => item.display_name);
  expect([named("config.lr"), named("-config.lr")]).toEqual([["one", "two", "three"], ["two", "one", "three"]]);
});

test("a file holds what is shown, and no cell of it is a formula", () => {
  expect(csv(runs, columns)).toBe("name,config.lr,config.net\none,0.1,'=x\ntwo,0.3,\nthree,,'=x\n");
  expect(JSON.parse(json(runs.slice(0, 1), columns))).toEqual([{ id: "a/b/one", name: "one", "config.lr": 0.1, "config.net": "=x" }]);
});
