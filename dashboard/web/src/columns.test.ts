import { expect, test } from "vitest";
import type { Run, Tree } from "./api";
import { columnsOf, fieldOf, laid, meaning, orderOf, widthsOf, written } from "./columns";
import { csv, json, written as file } from "./writing";

const run = (name: string, config: Tree, state = "finished") => ({ id: `a/b/${name}`, display_name: name, state, config, summary: {}, tags: [] }) as unknown as Run;
const runs = [run("one", { lr: 0.1, net: "=x" }), run("two", { lr: 0.3 }, "failed"), run("three", { net: "=x" })];
const columns = columnsOf([{ name: "config.lr", number: true }, { name: "config.net", number: false }]).filter((column) => ["name", "config.lr", "config.net"].includes(column.name));

test("pinned columns come first and stay where the ones before them end", () => {
  const found = laid(columns, new Set(["config.net"]), new Map([["config.net", 80]]), 34);
  expect(found.map((column) => [column.name, column.left])).toEqual([["config.net", 34], ["name", null], ["config.lr", null]]);
});

test("widths stand in the address, within reason", () => {
  expect(written(widthsOf("config.a:b:300,step:2,name:99999"))).toBe("config.a:b:300,name:900");
});

test("a column is named as expressions name it, key by key", () => {
  expect(["config.lr", "config.a.val/b", 'summary.say "x"', "config.layers.0", "started", "name"].map(fieldOf)).toEqual(
    ["config.lr", 'config.a."val/b"', 'summary."say \\"x\\""', 'config.layers."0"', "started_at", "display_name, name"]);
});

test("an order of the address is one of expressions, also of a column that is not known yet", () => {
  expect(["config.lr", "-config.lr", "-name", "-summary.val/loss", "tags", ""].map((sort) => orderOf(sort, columns))).toEqual(
    ["config.lr", "config.lr desc", "display_name desc, name desc", 'summary."val/loss" desc', "", ""]);
});

test("a group has an expression that means it", () => {
  expect([meaning("config.net", "=x"), meaning("config.a/b", 1), meaning("state", undefined), meaning("config.n", 'a"b')]).toEqual(
    ['config.net = "=x"', 'config."a/b" = 1', "state is null", 'config.n = "a\\"b"']);
});

test("a file holds what is shown, and no cell of it is a formula", async () => {
  const ask = (from: number) => Promise.resolve({ total: 3, runs: runs.slice(from) });
  expect(await (await file(csv(columns), ask, () => undefined)).text()).toBe("name,config.lr,config.net\none,0.1,'=x\ntwo,0.3,\nthree,,'=x\n");
  const told = JSON.parse(await (await file(json(columns), ask, () => undefined)).text()) as unknown[];
  expect([told.length, told[0]]).toEqual([3, { id: "a/b/one", name: "one", "config.lr": 0.1, "config.net": "=x" }]);
});

test("a run that changed places while a list was written is in the file once", async () => {
  const many = Array.from({ length: 2100 }, (_, place) => run(`r${place}`, {}));
  const ask = (from: number, most: number) => Promise.resolve({ total: 2100, runs: many.slice(Math.max(0, from - 1), from + most) });
  const counts: number[] = [];
  const lines = (await (await file(csv(columns.slice(0, 1)), ask, (count) => counts.push(count))).text()).split("\n");
  expect([lines.length, new Set(lines).size, counts]).toEqual([2102, 2102, [2000, 2100]]);
});
