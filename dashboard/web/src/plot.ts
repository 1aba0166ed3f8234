/** Curves as uPlot wants them: one x for all, a series for each line and band; it asks and draws nothing. */

import uPlot from "uplot";
import type { Axis, Curve, RunCurves } from "./api";
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
  /** What it is smoothed from. */
  curve: Curve;
}

export interface Plot {
  data: uPlot.AlignedData;
  series: uPlot.Series[];
  bands: uPlot.Band[];
  /** What the tooltip tells of each series that is a line; null for all others. */
  lines: (Line | null)[];
  /** How many series after x lie behind the lines: edges of bands, and raw values where lines are smoothed. */
  behind: number;
  smoothing: number;
}

const MAX_BANDS = 30;
const MAX_RAW = 60;
const EDGE: uPlot.Series = { stroke: "transparent", width: 0, points: { show: false } };

/** Series that belong together: their columns over one x. */
interface Layer { table: uPlot.AlignedData; series: uPlot.Series[]; line: Line | null }

export function plot(every: RunCurves[], look: Look): Plot {
  const found = look.group ? bundled(every, look.group) : every;
  const count = found.reduce((sum, item) => sum + item.curves.length, 0);
  const drawn = found.flatMap(({ run, curves }) => {
    const newest = Math.max(...curves.map((curve) => curve.attempt));
    const label = (curve: Curve) => (look.group ? look.group(run) : labelOf(look.name(run), curve, curves.length));
    return curves.filter((curve) => curve.x.length > 0).map((curve): Line => ({ run, label: label(curve), colour: look.colour(run), newest: curve.attempt === newest, curve }));
  });
  const smoothed = drawn.map((line) => smooth(line.curve.last, look.smoothing));
  const banded = drawn.filter(({ curve }) => curve.points > curve.x.length && count <= MAX_BANDS);
  const raw = drawn.filter(({ curve }, place) => smoothed[place] !== curve.last && count <= MAX_RAW);
  const layers = [...banded.map(band), ...raw.map(faint), ...drawn.map((line, place) => strong(line, smoothed[place] ?? []))];
  // What a run lacks at another's x is undefined, which is drawn through; a null of its own is a gap and stays one.
  const tables = layers.map((layer) => layer.table);
  const keep = tables.map((table) => table.map(() => 1 as const));
  return {
    data: together(tables) ?? (tables.length ? uPlot.join(tables, keep) : [[]]),
    series: [{}, ...layers.flatMap((layer) => layer.series)],
    bands: banded.map((line, place) => ({ series: [2 * place + 2, 2 * place + 1], fill: faded(line.colour, line.newest ? 0.14 : 0.06) })),
    lines: [null, ...layers.flatMap((layer) => layer.series.map(() => layer.line))],
    behind: 2 * banded.length + raw.length,
    smoothing: look.smoothing,
  };
}

const band = ({ curve }: Line): Layer => ({ table: [curve.x, curve.min, curve.max], series: [EDGE, EDGE], line: null });

function faint({ curve, colour }: Line): Layer {
  return { table: [curve.x, curve.last], series: [{ stroke: faded(colour, 0.22), width: 1, points: { show: false } }], line: null };
}

function strong(line: Line, values: (number | null)[]): Layer {
  const { curve, colour, label, newest } = line;
  const points = { show: curve.x.length === 1, size: 6, fill: colour };
  return { table: [curve.x, values], series: [{ label, stroke: newest ? colour : faded(colour, 0.4), width: LINE_WIDTH, points }], line };
}

/** CSS pixels. */
export const LINE_WIDTH = 1.5;

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
