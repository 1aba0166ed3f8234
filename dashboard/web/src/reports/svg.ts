/** Curves as a picture that needs no script, for a file without a server; it asks nothing. */

import type { Axis, RunCurves } from "../api";
import * as format from "../format";
import { smooth } from "../smoothing";

export interface Drawn {
  title: string;
  axis: Axis;
  logY: boolean;
  smoothing: number;
  runs: RunCurves[];
  name: (run: string) => string;
  /** The place of a run in the palette. */
  place: (run: string) => number;
}

const [WIDTH, HEIGHT] = [720, 300];
const [LEFT, RIGHT, TOP, BOTTOM] = [58, 12, 12, 30];
const COLOURS = 10;

interface Scale { low: number; high: number; at: (value: number) => number; ticks: number[] }

export function chart(drawn: Drawn): string {
  const curves = drawn.runs.flatMap(({ run, curves: found }) => {
    const newest = Math.max(...found.map((curve) => curve.attempt));
    return found.map((curve) => ({ run, curve, values: smooth(curve.last, drawn.smoothing), isNewest: curve.attempt === newest }));
  });
  const valued = (value: number | null): value is number => value !== null && Number.isFinite(value) && (!drawn.logY || value > 0);
  const xs = curves.flatMap((item) => item.curve.x);
  const ys = curves.flatMap((item) => [...item.values, ...(banded(item.curve) ? [...item.curve.min, ...item.curve.max] : [])]).filter(valued);
  if (xs.length === 0 || ys.length === 0) return `<p class="hint">${text(`${drawn.title}: no chosen run has logged this.`)}</p>`;
  const x = scale(xs, LEFT, WIDTH - RIGHT, false);
  const y = scale(ys, HEIGHT - BOTTOM, TOP, drawn.logY);
  const point = (at: number, value: number) => `${x.at(at).toFixed(1)} ${y.at(value).toFixed(1)}`;
  const lines = curves.map(({ run, curve, values, isNewest }) => {
    const colour = `c${drawn.place(run) % COLOURS}`;
    const band = banded(curve) ? `<path class="band ${colour}" d="${area(curve.x, curve.min, curve.max, point, valued)}"/>` : "";
    const name = `<title>${text(drawn.name(run))}</title>`;
    const line = path(curve.x, values, point, valued);
    return `${band}<path class="line ${colour}${isNewest ? "" : " old"}" d="${line}">${name}</path>`;
  });
  const grid = [
    ...y.ticks.map((tick) => `<path class="grid" d="M${LEFT} ${y.at(tick).toFixed(1)}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${(y.at(tick) + 4).toFixed(1)}" text-anchor="end">${text(format.number(tick))}</text>`),
    ...x.ticks.map((tick) => `<text x="${x.at(tick).toFixed(1)}" y="${HEIGHT - 10}" text-anchor="middle">${text(label(tick, drawn.axis))}</text>`),
  ];
  const told = drawn.runs.filter((item) => item.curves.length > 0).map(({ run }) =>
    `<li><svg class="key" viewBox="0 0 10 10"><circle class="c${drawn.place(run) % COLOURS}" cx="5" cy="5" r="5"/></svg>${text(drawn.name(run))}</li>`);
  return `<figure class="drawn"><figcaption>${text(drawn.title)}</figcaption>` +
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${text(drawn.title)}">${grid.join("")}${lines.join("")}</svg><ul class="keys">${told.join("")}</ul></figure>`;
}

const banded = (curve: { points: number; x: number[] }) => curve.points > curve.x.length;

type Point = (at: number, value: number) => string;
type Valued = (value: number | null) => value is number;

function path(x: number[], values: (number | null)[], point: Point, valued: Valued): string {
  let isDown = false;
  const parts = x.map((at, place) => {
    const value = values[place] ?? null;
    if (!valued(value)) {
      isDown = false;
      return "";
    }
    const word = isDown ? "L" : "M";
    isDown = true;
    return word + point(at, value);
  });
  return parts.join("");
}

function area(x: number[], min: (number | null)[], max: (number | null)[], point: Point, valued: Valued): string {
  const places = x.map((_, place) => place).filter((place) => valued(min[place] ?? null) && valued(max[place] ?? null));
  const edge = (values: (number | null)[], order: number[]) => order.map((place) => point(x[place] ?? 0, values[place] ?? 0));
  return places.length > 1 ? `M${[...edge(max, places), ...edge(min, [...places].reverse())].join("L")}Z` : "";
}

function scale(values: number[], from: number, to: number, isLog: boolean): Scale {
  let [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  if (low === high) [low, high] = isLog ? [low / 2, high * 2] : [low - (Math.abs(low) * 0.05 || 1), high + (Math.abs(high) * 0.05 || 1)];
  const of = (value: number) => (isLog ? Math.log10(value) : value);
  const span = of(high) - of(low);
  return { low, high, at: (value) => from + ((of(value) - of(low)) / span) * (to - from), ticks: isLog ? powers(low, high) : ticks(low, high) };
}

/** Round values, four to eight of them. */
export function ticks(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
  const found: number[] = [];
  for (let at = Math.ceil(low / step); at * step <= high && found.length < 20; at++) found.push(Number((at * step).toPrecision(12)));
  return found;
}

function powers(low: number, high: number): number[] {
  const found: number[] = [];
  for (let at = Math.ceil(Math.log10(low)); at <= Math.log10(high) && found.length < 20; at++) found.push(10 ** at);
  return found.length > 1 ? found : [low, high];
}

function label(tick: number, axis: Axis): string {
  if (axis === "time") return new Date(tick * 1000).toISOString().slice(5, 16).replace("T", " ");
  return axis === "elapsed" ? format.duration(tick) : format.number(tick);
}

/** A text where HTML stands. */
export function text(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
