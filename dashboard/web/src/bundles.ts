/** Curves of several runs taken together: their mean, and how far they lie apart; and curves over another metric. It draws nothing. */

import type { Curve, RunCurves } from "./api";

/** A group's runs as one: `last` is the mean of those that have a value there, `min` and `max` the lowest and highest of them. */
export function bundled(found: RunCurves[], groupOf: (run: string) => string): RunCurves[] {
  const groups = new Map<string, RunCurves[]>();
  for (const item of found) {
    if (item.curves.length) groups.set(groupOf(item.run), [...(groups.get(groupOf(item.run)) ?? []), item]);
  }
  return [...groups.values()].map((members) => ({ run: members[0]?.run ?? "", curves: [mean(members.flatMap(newest))] }));
}

/** Earlier attempts of a run are no runs of their own. */
function newest(item: RunCurves): Curve[] {
  const last = Math.max(...item.curves.map((curve) => curve.attempt));
  return item.curves.filter((curve) => curve.attempt === last && curve.x.length > 0);
}

function mean(curves: Curve[]): Curve {
  const x = [...new Set(curves.flatMap((curve) => curve.x))].sort((a, b) => a - b);
  const readers = curves.map(reader);
  const values = x.map((at) => readers.flatMap((read) => { const value = read(at); return value === null ? [] : [value]; }));
  const of = (tell: (row: number[]) => number) => values.map((row) => (row.length ? tell(row) : null));
  return {
    attempt: 1, rank: 0, writer: "", x, step: x, time: x.map(() => null),
    points: curves.length > 1 ? Infinity : (curves[0]?.points ?? 0), // More than there are points, so that the spread is drawn.
    last: of((row) => row.reduce((sum, value) => sum + value, 0) / row.length), min: of((row) => Math.min(...row)), max: of((row) => Math.max(...row)),
  };
}

/** A curve's value at any x within it, on the straight line between its points; asked from left to right. */
function reader(curve: Curve): (at: number) => number | null {
  const points = curve.x.flatMap((x, place) => { const value = curve.last[place]; return value === null || value === undefined ? [] : [[x, value] as const]; });
  let place = 0;
  return (at) => {
    while (place < points.length - 1 && (points[place + 1]?.[0] ?? Infinity) <= at) place += 1;
    const [here, next] = [points[place], points[place + 1]];
    if (!here || at < here[0] || (!next && at > here[0])) return null;
    return next ? here[1] + ((next[1] - here[1]) * (at - here[0])) / (next[0] - here[0]) : here[1];
  };
}

/** Curves over another metric: at each step x is what that metric was last, within `range` alone. */
export function across(found: RunCurves[], xs: RunCurves[], range: [number, number] | null): RunCurves[] {
  const known = new Map(xs.map((item) => [item.run, item.curves]));
  return found.map(({ run, curves }) => ({ run, curves: curves.flatMap((curve) => {
    const other = known.get(run)?.find((item) => item.attempt === curve.attempt && item.rank === curve.rank && item.writer === curve.writer);
    return other ? [over(curve, other, range)] : [];
  }) }));
}

function over(curve: Curve, other: Curve, range: [number, number] | null): Curve {
  let place = -1;
  const x = curve.step.map((step) => {
    while (place < other.step.length - 1 && (other.step[place + 1] ?? Infinity) <= step) place += 1;
    return place < 0 ? null : (other.last[place] ?? null);
  });
  const isIn = (value: number | null): value is number => value !== null && (!range || (value >= range[0] && value <= range[1]));
  const order = x.flatMap((value, at) => (isIn(value) ? [[value, at] as const] : [])).sort((a, b) => a[0] - b[0]).map(([, at]) => at);
  const taken = <T>(values: T[]) => order.map((at) => values[at] as T);
  return { ...curve, x: taken(x) as number[], min: taken(curve.min), max: taken(curve.max), last: taken(curve.last), step: taken(curve.step), time: taken(curve.time) };
}
