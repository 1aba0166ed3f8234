/** A run's values by the names that expressions have for them (docs/query.md): `step`, `config.lr`, `summary.val/loss`. */

import type { Run, Value } from "./api";
import { flat } from "./trees";

const MEASURED = 400;

const OWN: Record<string, (run: Run) => Value | undefined> = {
  name: (run) => run.display_name,
  state: (run) => run.state,
  project: (run) => run.project,
  namespace: (run) => run.namespace,
  step: (run) => run.step,
  took,
  attempts: (run) => run.attempts,
};

export function read(run: Run, name: string): Value | undefined {
  const own = Object.hasOwn(OWN, name) ? OWN[name] : undefined;
  if (own) return own(run);
  const part = name.startsWith("config.") ? "config" : name.startsWith("summary.") ? "summary" : null;
  return part ? leavesOf(run, part).get(name.slice(part.length + 1).replaceAll('"', "")) : undefined;
}

/** A number; undefined for anything else, and for a number that is none. */
export function number(run: Run, name: string): number | undefined {
  const value = read(run, name);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** Names of config and summary that any of the first runs has, each part in the order of its names. */
export function named(runs: Run[], part: "config" | "summary", wanted: (value: Value) => boolean = () => true): string[] {
  const found = new Set<string>();
  for (const run of runs.slice(0, MEASURED)) {
    for (const [key, value] of leavesOf(run, part)) if (!key.startsWith("_") && wanted(value)) found.add(`${part}.${key}`);
  }
  return [...found].sort((a, b) => a.localeCompare(b));
}

export const isNumber = (value: Value) => typeof value === "number";

/** Parameters that tell some runs apart: those of config with more than one value; to have none is no value. */
export function varied(runs: Run[]): string[] {
  const values = (name: string) => runs.slice(0, MEASURED).flatMap((run) => { const value = read(run, name); return value === undefined ? [] : [JSON.stringify(value)]; });
  return named(runs, "config").filter((name) => new Set(values(name)).size > 1);
}

/** What runs are judged by: the first metric with a goal, else a loss, else the first number of a summary. */
export function headlineOf(runs: Run[]): { name: string; goal: string } {
  const numbers = named(runs, "summary", isNumber);
  const told = runs.flatMap((run) => run.metrics).find((item) => numbers.includes(`summary.${item.name}`));
  const name = told ? `summary.${told.name}` : numbers.find((item) => /loss/i.test(item)) ?? numbers[0] ?? "";
  return { name, goal: goalOf(runs, name) };
}

/** Whether less of a metric is better, by what runs say, else by its name. */
export function goalOf(runs: Run[], name: string): string {
  const told = runs.flatMap((run) => run.metrics).find((item) => `summary.${item.name}` === name)?.goal;
  return told ?? (/acc|score|reward|auc|f1|bleu|recall|precision/i.test(name) ? "maximize" : "minimize");
}

export const short = (name: string) => name.replace(/^(config|summary)\./, "");

export function took(run: Run): number | null {
  if (!run.started_at) return null;
  return ((run.finished_at ? Date.parse(run.finished_at) : Date.now()) - Date.parse(run.started_at)) / 1000;
}

const leaves = new WeakMap<object, Map<string, Value>>();

function leavesOf(run: Run, part: "config" | "summary"): Map<string, Value> {
  const tree = run[part];
  let known = leaves.get(tree);
  if (!known) leaves.set(tree, (known = new Map(flat(tree))));
  return known;
}
