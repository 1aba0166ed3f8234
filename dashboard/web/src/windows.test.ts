import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Run } from "./api";
import { EMPTY, opened, told, type Live } from "./live";
import { PAUSE_MILLISECONDS } from "./pace";
import { Windows } from "./windows";

const run = (id: string, more: Partial<Run> = {}) => ({ id, archived: false, deleted: false, ...more }) as unknown as Run;

/** A list of so many runs; it keeps what it was asked, and answers when it is let. */
function server(total: number) {
  const asked: number[] = [];
  const state = { total, prefix: "r" };
  const ask = (offset: number, limit: number) => {
    asked.push(offset);
    const count = Math.max(0, Math.min(limit, state.total - offset));
    return Promise.resolve({ total: state.total, runs: Array.from({ length: count }, (_, place) => run(`${state.prefix}${offset + place}`)) });
  };
  return { asked, state, ask };
}

beforeEach(() => { vi.useFakeTimers(); vi.stubGlobal("window", globalThis); });
afterEach(() => { vi.useRealTimers(); vi.unstubAllGlobals(); });

const settle = () => vi.advanceTimersByTimeAsync(0);

test("a row is here when it comes into sight, and no other page is asked for", async () => {
  const { asked, ask } = server(100_000);
  const list = new Windows(ask, () => undefined);
  list.see(0, 30);
  await settle();
  expect([list.total, list.at(30)?.id, list.at(50_000)]).toEqual([100_000, "r30", undefined]);
  list.see(49_990, 50_010);
  await settle();
  expect([asked, list.at(50_000)?.id]).toEqual([[0, 49_900, 50_000], "r50000"]);
});

test("a page that is here is not asked for again, and what is far away is forgotten", async () => {
  const { asked, ask } = server(100_000);
  const list = new Windows(ask, () => undefined);
  for (let page = 0; page < 60; page += 1) { list.see(page * 100, page * 100 + 20); await settle(); }
  expect([asked.length, list.here().length, list.at(0), list.at(5900)?.id]).toEqual([60, 4000, undefined, "r5900"]);
  list.see(5900, 5950);
  await settle();
  expect(asked.length).toBe(60);
});

test("who scrolls fast is asked for where they arrive", async () => {
  const { asked, ask } = server(100_000);
  const list = new Windows(ask, () => undefined);
  list.see(0, 20);
  await settle();
  for (let page = 1; page < 50; page += 1) list.see(page * 100, page * 100 + 20);
  await settle();
  expect(asked).toEqual([0, 100, 200, 4900]);
});

test("on news the pages in sight are asked for again, at once and then after a rest", async () => {
  const { asked, state, ask } = server(300);
  const list = new Windows(ask, () => undefined);
  list.see(0, 30);
  await settle();
  state.prefix = "s";
  list.stale();
  await settle();
  expect([asked, list.at(0)?.id]).toEqual([[0, 0], "s0"]);
  for (let news = 0; news < 20; news += 1) { list.stale(); await vi.advanceTimersByTimeAsync(PAUSE_MILLISECONDS / 20); }
  expect(asked.length).toBe(3);
});

test("a list that became shorter has no rows beyond its end", async () => {
  const { asked, state, ask } = server(300);
  const list = new Windows(ask, () => undefined);
  list.see(250, 299);
  await settle();
  state.total = 20;
  list.stale();
  await settle();
  expect([list.total, list.at(0)?.id, asked.at(-1)]).toEqual([20, "r0", 0]);
});

test("what cannot be answered is told, keeps the rows, and is asked again with the next news alone", async () => {
  let isDown = false;
  let count = 0;
  const { ask } = server(10);
  const list = new Windows((offset, limit) => { count += 1; return isDown ? Promise.reject(new Error("away")) : ask(offset, limit); }, () => undefined);
  list.see(0, 9);
  await settle();
  isDown = true;
  list.stale();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([list.problem, list.at(3)?.id, count]).toEqual(["away", "r3", 2]);
  isDown = false;
  list.stale();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([list.problem, count]).toEqual(["", 3]);
});

test("a list that nobody looks at any more asks for nothing", async () => {
  const { asked, ask } = server(10);
  const list = new Windows(ask, () => undefined);
  list.stop();
  list.stale();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual([]);
});

test("a run that moves is news, and lists in their own order hear of it where it may come or go", () => {
  const heard = (...news: { runs: Run[]; gone?: string[]; total?: number }[]) =>
    news.reduce<Live>((live, { runs, gone = [], total = 1 }) => told(live, { runs, gone, total }), { ...EMPTY, total: 1 });
  expect([heard({ runs: [run("a")] }).lists, heard({ runs: [run("a")] }, { runs: [run("a", { step: 2 })] }).lists]).toEqual([1, 1]);
  expect(heard({ runs: [run("a")] }, { runs: [run("a", { archived: true })] }).lists).toBe(2);
  expect([heard({ runs: [], total: 2 }).lists, heard({ runs: [], gone: ["b"] }).lists]).toEqual([1, 1]);
  const live = heard({ runs: [run("a")] }, { runs: [run("a")] });
  expect([live.news, live.beat.get("a")]).toEqual([2, 2]);
});

test("after it listened to nothing for a while, what was known of runs is forgotten and everybody asks again", () => {
  const once = told(opened({ ...EMPTY, total: 1 }), { runs: [run("a")], gone: [], total: 1 });
  expect([once.byId.size, once.lists]).toEqual([1, 1]);
  const again = opened(once);
  expect([again.byId.size, again.news, again.lists, again.opens]).toEqual([0, 2, 2, 2]);
});
