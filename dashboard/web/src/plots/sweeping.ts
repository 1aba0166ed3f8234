/** Runs as if they were the trials of a sweep, so that what is drawn of trials can be drawn of them; it draws nothing. */

import type { Run, SweepDetail, Trial, Tree, Value } from "../api";
import { number, read, short } from "../fields";

/** The runs that have the metric, with the parameters of these names. */
export function asSweep(runs: Run[], parameters: string[], metric: string, goal: string): SweepDetail {
  const trials = runs.map((run, index): Trial => ({
    id: run.id, index, name: run.display_name, state: "succeeded", value: number(run, metric) ?? null, message: "",
    parameters: pick(run, parameters), started_at: run.started_at, finished_at: run.finished_at,
  }));
  return {
    id: "", namespace: "", name: "", sweep: "", method: "", metric: short(metric), goal, trials: trials.length, succeeded: trials.length,
    failed: 0, pruned: 0, running: 0, best: null, value: null, parameters: null, trial_list: trials, running_list: [], importance: [],
  };
}

function pick(run: Run, names: string[]): Tree {
  const found = names.map((name): [string, Value | undefined] => [short(name), read(run, name)]);
  return Object.fromEntries(found.filter((item): item is [string, Value] => item[1] !== undefined));
}
