/** What can be said of a sweep's trials together: their order, the best so far, axes through them; it draws nothing. */

import type { Run, SweepDetail, Trial, Value } from "./api";
import * as format from "./format";

/** Whether a smaller value is better. */
export const isLess = (sweep: { goal: string | null }) => sweep.goal !== "maximize";

/** The sweep with those of its trials that run as they are now, by what was heard of their runs. */
export function lively(sweep: SweepDetail, heard: ReadonlyMap<string, Run>): SweepDetail {
  const now = (trial: Trial): Trial => {
    const run = heard.get(trial.id);
    const value = sweep.metric === null ? null : run?.summary[sweep.metric];
    return run ? { ...trial, state: run.state, value: typeof value === "number" ? value : trial.value, started_at: run.started_at, finished_at: run.finished_at } : trial;
  };
  return { ...sweep, running_list: sweep.running_list.map(now) };
}

/** Ids of the trials that are not over. */
export const running = (sweep: SweepDetail) => new Set(sweep.running_list.map((trial) => trial.id));

/** All trials, the best first, by the newest value where they still run; without a value, or failed, last. */
export function ranked(sweep: SweepDetail): Trial[] {
  const sign = isLess(sweep) ? 1 : -1;
  const rank = (trial: Trial) => (trial.value === null || trial.state === "failed" ? Infinity : sign * trial.value);
  return [...sweep.running_list, ...sweep.trial_list].sort((a, b) => {
    const [one, other] = [rank(a), rank(b)];
    return one === other ? a.index - b.index : one - other;
  });
}

export interface Step { x: number; value: number | null; best: number | null; trial: Trial; isRunning: boolean }

/** Trials in the order in which they ended, each with the best value until then; a failed one improves nothing, nor do those behind them that still run. */
export function progress(sweep: SweepDetail): Step[] {
  let best: number | null = null;
  const ended = [...sweep.trial_list].sort((a, b) => (a.finished_at ?? "").localeCompare(b.finished_at ?? "") || a.index - b.index);
  const steps = ended.map((trial, place): Step => {
    const value = trial.state === "failed" ? null : trial.value;
    if (value !== null && (best === null || (isLess(sweep) ? value < best : value > best))) best = value;
    return { x: place + 1, value, best, trial, isRunning: false };
  });
  return [...steps, ...sweep.running_list.map((trial, place): Step => ({ x: steps.length + place + 1, value: trial.value, best: null, trial, isRunning: true }))];
}

/** A part of an axis, from 0 to 1. */
export type Stretch = [number, number];

export interface Axis {
  name: string;
  /** Where a value stands, from 0 (bottom) to 1; null where it has no place. */
  place: (value: Value | undefined) => number | null;
  ticks: { at: number; text: string }[];
  /** A stretch by the values at its ends, "" where it reaches the end of the axis; null where it holds nothing. */
  told: (stretch: Stretch) => [string, string] | null;
  stretch: (words: [string, string]) => Stretch | null;
}

/** An axis: numbers by size, by their logarithm where they span a thousandfold, anything else by name. */
export function axis(name: string, values: (Value | undefined)[]): Axis {
  const given = values.filter((value) => value !== undefined && value !== null);
  const numbers = given.filter((value): value is number => typeof value === "number" && Number.isFinite(value));
  if (numbers.length > 0 && numbers.length === given.length) return numeric(name, numbers);
  const names = [...new Set(given.map(format.value))].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  const at = (text: string) => (names.length === 1 ? 0.5 : names.indexOf(text) / (names.length - 1));
  return {
    name,
    place: (value) => (value === undefined || value === null ? null : at(format.value(value))),
    ticks: names.slice(0, 12).map((text) => ({ at: at(text), text })),
    told: ([low, high]) => {
      const held = names.filter((text) => at(text) >= low && at(text) <= high);
      return held.length ? [held[0] ?? "", held[held.length - 1] ?? ""] : null;
    },
    stretch: ([low, high]) => (names.includes(low) && names.includes(high) ? [at(low), at(high)] : null),
  };
}

function numeric(name: string, numbers: number[]): Axis {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const isLog = low > 0 && high / low >= 1000;
  const of = (value: number) => (isLog ? Math.log10(value) : value);
  const span = of(high) - of(low);
  const value = (at: number) => (isLog ? 10 ** (of(low) + at * span) : low + at * span);
  const shareOf = (word: string, open: number) => (word === "" ? open : (of(Number(word)) - of(low)) / span);
  const marks = [0, 0.25, 0.5, 0.75, 1];
  return {
    name,
    place: (value) => {
      if (typeof value !== "number" || !Number.isFinite(value) || (isLog && value <= 0)) return null;
      return span === 0 ? 0.5 : (of(value) - of(low)) / span;
    },
    ticks: span === 0
      ? [{ at: 0.5, text: format.number(low) }]
      : marks.map((at) => ({ at, text: format.number(rounded(value(at))) })),
    told: ([from, to]) => (span === 0 ? null : [from <= 0 ? "" : exact(value(from)), to >= 1 ? "" : exact(value(to))]),
    stretch: (words) => {
      const [from, to] = [shareOf(words[0], -Infinity), shareOf(words[1], Infinity)];
      return from < to ? [from, to] : null; // Where there is no span, or a word is no number, nothing is less.
    },
  };
}

const exact = (value: number) => String(Number(value.toPrecision(8)));
const rounded = (value: number) => Number(value.toPrecision(3));
