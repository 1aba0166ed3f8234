/**
 * Stretches of axes that were chosen by hand, as a link holds them: `lr~0.001~0.01|loss~~0.5`, values and not places, so
 * that they hold when an axis grows; an end that is left out is open. It draws nothing.
 */

import type { SweepDetail, Trial } from "./api";
import { rows, written } from "./panels/arrangement";
import { axis, ranked, type Axis, type Stretch } from "./trials";

const METRIC = "\u0000metric";
export const MOST = 1000;

/** The trials that have a place among the lines, the best first. */
export const drawn = (sweep: SweepDetail): Trial[] => ranked(sweep).filter((trial) => trial.value !== null).slice(0, MOST);

/** An axis for each parameter, and the metric's, which is last. */
export function axesOf(trials: Trial[], metric: string): Axis[] {
  const names = [...new Set(trials.flatMap((trial) => Object.keys(trial.parameters)))];
  const last = axis(METRIC, trials.map((trial) => trial.value));
  return [...names.map((name) => axis(name, trials.map((trial) => trial.parameters[name]))), { ...last, name: metric }];
}

export function placeOf(trial: Trial, item: Axis, axes: Axis[]): number | null {
  return item.place(item === axes[axes.length - 1] ? trial.value : trial.parameters[item.name]);
}

/** The stretches that a text names, of axes that there are. */
export function stretchesOf(text: string, axes: Axis[]): Map<string, Stretch> {
  const told = new Map(rows(text).map(([name = "", low = "", high = ""]) => [name, [low, high] as [string, string]]));
  return new Map(axes.flatMap((item): [string, Stretch][] => {
    const words = told.get(item.name);
    const stretch = words && (words[0] || words[1]) ? item.stretch(words) : null;
    return stretch ? [[item.name, stretch]] : [];
  }));
}

/** The same with a stretch of an axis, or without any. */
export function withStretch(text: string, item: Axis, stretch: Stretch | null): string {
  const left = rows(text).filter(([name]) => name !== item.name);
  const words = stretch && item.told(stretch);
  return written(words && (words[0] || words[1]) ? [...left, [item.name, ...words]] : left);
}

export function lies(trial: Trial, axes: Axis[], stretches: ReadonlyMap<string, Stretch>): boolean {
  return axes.every((item) => {
    const stretch = stretches.get(item.name);
    const at = stretch && placeOf(trial, item, axes);
    return !stretch || (typeof at === "number" && at >= stretch[0] && at <= stretch[1]);
  });
}

/** Ids of the trials that lie in every stretch; null where none is chosen. */
export function inside(sweep: SweepDetail, text: string, metric: string): Set<string> | null {
  const trials = drawn(sweep);
  const axes = axesOf(trials, metric);
  const stretches = stretchesOf(text, axes);
  return stretches.size ? new Set(trials.filter((trial) => lies(trial, axes, stretches)).map((trial) => trial.id)) : null;
}
