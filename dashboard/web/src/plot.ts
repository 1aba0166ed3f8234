/** Curves as uPlot wants them: one x for all, a series for each line and band; it asks and draws nothing. */

import uPlot from "uplot";
import type { Axis, RunCurves } from "./api";
import { bundled } from "./bundles";
import { faded } from "./colours";
import { number } from "./format";
import { smooth } from "./smoothing";

export interface Look {
  /** Colour and name of each run, by id. */
  colour: (run: string) => string;
  name: (run: string) => string;
  smoothing: number;
  /** What runs are taken together by; without it each is drawn for itself. */
  group?: ((run: string) => string) | undefined;
}

export interface Line {
  run: string;
  label: string;
  colour: string;
  /** The newest attempt of its run; earlier ones are drawn faintly. */
  newest: boolean;
}

export interface Plot {
  data: uPlot.AlignedData;
  series: uPlot.Series[];
  bands: uPlot.Band[];
  /** What the tooltip tells of each series that is a line; null for all others. */
  lines: (Line | null)[];
}

const MAX_BANDS = 30;
const MAX_RAW = 60;

export function plot(every: RunCurves[], look: Look): Plot {
  const found = look.group ? bundled(every, look.group) : every;
  const tables: uPlot.AlignedData[] = [];
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  const lines: (Line | null)[] = [null];
  const count = found.reduce((sum, item) => sum + item.curves.length, 0);
  for (const { run, curves } of found) {
    const colour = look.colour(run);
    const newest = Math.max(...curves.map((curve) => curve.attempt));
    for (const curve of curves) {
      if (curve.x.length === 0) continue;
      const isNewest = curve.attempt === newest;
      const smoothed = smooth(curve.last, look.smoothing);
      const columns: (number | null)[][] = [smoothed];
      const label = look.group ? look.group(run) : labelOf(look.name(run), curve, curves.length);
      series.push({
        label,
        stroke: isNewest ? colour : faded(colour, 0.4),
        width: 1.5,
        points: { show: curve.x.length === 1, size: 6, fill: colour },
      });
      lines.push({ run, label, colour, newest: isNewest });
      if (smoothed !== curve.last && count <= MAX_RAW) {
        columns.push(curve.last);
        series.push({ stroke: faded(colour, 0.22), width: 1, points: { show: false } });
        lines.push(null);
      }
      if (curve.points > curve.x.length && count <= MAX_BANDS) {
        bands.push({ series: [series.length + 1, series.length], fill: faded(colour, isNewest ? 0.14 : 0.06) });
        columns.push(curve.min, curve.max);
        for (let edge = 0; edge < 2; edge++) {
          series.push({ stroke: "transparent", width: 0, points: { show: false } });
          lines.push(null);
        }
      }
      tables.push([curve.x, ...columns] as uPlot.AlignedData);
    }
  }
  // What a run lacks at another's x is undefined, which is drawn through; a null of its own is a gap and stays one.
  const keep = tables.map((table) => table.map(() => 1 as const));
  return { data: together(tables) ?? (tables.length ? uPlot.join(tables, keep) : [[]]), series, bands, lines };
}

/** Tables over one and the same x, side by side; null where they have others. It spares most of what a chart of many runs costs. */
function together(tables: uPlot.AlignedData[]): uPlot.AlignedData | null {
  const x = tables[0]?.[0];
  if (!x || !tables.every(([other]) => other.length === x.length && other.every((value, at) => value === x[at]))) return null;
  return [x, ...tables.flatMap(([, ...columns]) => columns)] as uPlot.AlignedData;
}

function labelOf(name: string, curve: { attempt: number; rank: number; writer: string }, count: number): string {
  if (count === 1) return name;
  const parts = [`attempt ${curve.attempt}`, curve.rank ? `rank ${curve.rank}` : "", curve.writer];
  return `${name} (${parts.filter(Boolean).join(", ")})`;
}

/** What x is: one of the server's axes, or `metric:` and the name of a metric. */
export type Across = Axis | `metric:${string}`;
export const metricOf = (axis: Across) => (axis.startsWith("metric:") ? axis.slice(7) : "");

/** A logarithm has no place for what is not above zero. */
export function positive(found: RunCurves[]): RunCurves[] {
  return found.map(({ run, curves }) => ({ run, curves: curves.map((curve) => {
    const kept = <T>(values: T[]) => values.filter((_, at) => (curve.x[at] ?? 0) > 0);
    return { ...curve, x: kept(curve.x), min: kept(curve.min), max: kept(curve.max), last: kept(curve.last), step: kept(curve.step), time: kept(curve.time) };
  }) }));
}

export function xLabel(value: number, axis: Across): string {
  const metric = metricOf(axis);
  if (metric) return `${metric} ${number(value)}`;
  if (axis === "step") return `step ${value.toLocaleString("en-US")}`;
  if (axis === "time") return new Date(value * 1000).toLocaleString();
  const seconds = Math.round(value);
  return seconds < 120 ? `${seconds} s` : `${(seconds / 60).toFixed(1)} min`;
}
