/** What can be said of a sweep's trials together: their order, the best so far, axes through them; it draws nothing. */

import type { SweepDetail, Trial, Value } from "./api";
import * as format from "./format";

/** Whether a smaller value is better. */
export const isLess = (sweep: { goal: string | null }) => sweep.goal !== "maximize";

/** The best first; without a value, or failed, last. */
export function ranked(sweep: SweepDetail): Trial[] {
  const sign = isLess(sweep) ? 1 : -1;
  const rank = (trial: Trial) => (trial.value === null || trial.state === "failed" ? Infinity : sign * trial.value);
  return [...sweep.trial_list].sort((a, b) => {
    const [one, other] = [rank(a), rank(b)];
    return one === other ? a.index - b.index : one - other;
  });
}

export interface Step { x: number; value: number | null; best: number | null; trial: Trial }

/** Trials in the order in which they ended, each with the best value until then; a failed one improves nothing. */
export function progress(sweep: SweepDetail): Step[] {
  let best: number | null = null;
  const ended = [...sweep.trial_list].sort((a, b) => (a.finished_at ?? "").localeCompare(b.finished_at ?? "") || a.index - b.index);
  return ended.map((trial, place) => {
    const value = trial.state === "failed" ? null : trial.value;
    if (value !== null && (best === null || (isLess(sweep) ? value < best : value > best))) best = value;
    return { x: place + 1, value, best, trial };
  });
}

export interface Axis {
  name: string;
  /** Where a value stands, from 0 (bottom) to 1; null where it has no place. */
  place: (value: Value | undefined) => number | null;
  ticks: { at: number; text: string }[];
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
  };
}

function numeric(name: string, numbers: number[]): Axis {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const isLog = low > 0 && high / low >= 1000;
  const of = (value: number) => (isLog ? Math.log10(value) : value);
  const span = of(high) - of(low);
  const marks = [0, 0.25, 0.5, 0.75, 1];
  return {
    name,
    place: (value) => {
      if (typeof value !== "number" || !Number.isFinite(value) || (isLog && value <= 0)) return null;
      return span === 0 ? 0.5 : (of(value) - of(low)) / span;
    },
    ticks: span === 0
      ? [{ at: 0.5, text: format.number(low) }]
      : marks.map((at) => ({ at, text: format.number(rounded(isLog ? 10 ** (of(low) + at * span) : low + at * span)) })),
  };
}

const rounded = (value: number) => Number(value.toPrecision(3));
