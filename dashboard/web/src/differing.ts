/** What tells some runs apart: a row for each fact, with a value for each run; it draws nothing. */

import type { Run, Value } from "./api";
import * as format from "./format";
import { flat } from "./trees";

export interface Row {
  part: "run" | "config" | "summary";
  name: string;
  /** Of each run in its order; undefined where it has none. */
  values: (Value | undefined)[];
  differs: boolean;
  /** The place of the best value of a metric that has a goal; -1 where there is none. */
  best: number;
}

const FACTS: [string, (run: Run) => Value | undefined][] = [
  ["state", (run) => [run.state, run.reason !== "Completed" ? run.reason : ""].filter(Boolean).join(" · ")],
  ["project", (run) => run.project],
  ["namespace", (run) => run.namespace],
  ["step", (run) => run.step],
  ["attempts", (run) => run.attempts],
  ["started", (run) => format.short(run.started_at)],
  ["tags", (run) => run.tags.join(", ")],
];

/** Every fact, hyperparameter and newest metric of the runs, by part and name. */
export function rows(runs: Run[]): Row[] {
  const goals = new Map(runs.flatMap((run) => run.metrics.map((metric) => [metric.name, metric.goal ?? ""])));
  const facts = FACTS.map(([name, read]) => row("run", name, runs.map(read), ""));
  const trees = (["config", "summary"] as const).flatMap((part) => {
    const leaves = runs.map((run) => new Map(flat(run[part])));
    const names = [...new Set(leaves.flatMap((known) => [...known.keys()]))].filter((name) => !name.startsWith("_"));
    return names.sort().map((name) => row(part, name, leaves.map((known) => known.get(name)), part === "summary" ? goals.get(name) ?? "" : ""));
  });
  return [...facts, ...trees];
}

function row(part: Row["part"], name: string, values: (Value | undefined)[], goal: string): Row {
  const differs = new Set(values.map((value) => JSON.stringify(value ?? null))).size > 1;
  return { part, name, values, differs, best: differs ? best(values, goal) : -1 };
}

function best(values: (Value | undefined)[], goal: string): number {
  if (goal !== "minimize" && goal !== "maximize") return -1;
  const sign = goal === "minimize" ? 1 : -1;
  const scores = values.map((value) => (typeof value === "number" ? sign * value : Infinity));
  const least = Math.min(...scores);
  return least === Infinity ? -1 : scores.indexOf(least);
}
