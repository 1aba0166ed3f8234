/** Smoothed lines over what lies behind them, drawn by hand while the smoothing is moved: uPlot draws all of a chart at once. */

import uPlot from "uplot";
import type { Moving } from "./moving";
import { LINE_WIDTH, type Line, type Plot } from "./plot";
import { averaged } from "./smoothing";

/** Chromium draws lines of one pixel many times faster than wider ones. */
const THIN_PIXELS = 1;

interface Pen { lineTo: (x: number, y: number) => void; moveTo: (x: number, y: number) => void }

/** A chart while the smoothing is moved: what lies behind the lines is kept as a picture, and the lines are drawn over it. */
export class Hand {
  private weight: number | null = null;
  private isThin = false;
  private base: HTMLCanvasElement | null = null;

  constructor(private readonly drawn: () => Plot) {}

  readonly hooks: uPlot.Hooks.Arrays = {
    drawAxes: [(made) => this.keep(made, 0)],
    drawSeries: [(made, place) => this.keep(made, place)],
    draw: [(made) => this.trace(made)],
  };

  follow(moving: Moving | null, made: uPlot): () => void {
    const follow = {
      points: () => this.drawn().lines.reduce((sum, line) => sum + (line?.curve.x.length ?? 0), 0),
      draw: (weight: number, isThin: boolean) => {
        [this.weight, this.isThin] = [weight, isThin];
        if (this.base) this.trace(made);
        else made.redraw(false, false);
      },
      rest: (weight: number | null) => {
        [this.weight, this.base] = [null, null];
        if (weight === null || weight === this.drawn().smoothing) made.redraw(false, false); // Nothing else draws it again.
      },
    };
    return moving?.follow(follow) ?? (() => undefined);
  }

  private keep(made: uPlot, place: number): void {
    if (this.weight !== null && place === this.drawn().behind) this.base = copied(made);
  }

  private trace(made: uPlot): void {
    if (this.weight !== null && this.base) trace(made, this.base, this.weight, this.isThin, this.drawn().lines);
  }
}

/** A picture of a chart as far as it has been drawn. */
function copied(made: uPlot): HTMLCanvasElement {
  const { canvas } = made.ctx;
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [canvas.width, canvas.height];
  copy.getContext("2d")?.drawImage(canvas, 0, 0);
  return copy;
}

/** Lines smoothed by a weight, over `base`. */
function trace(made: uPlot, base: HTMLCanvasElement, weight: number, isThin: boolean, lines: (Line | null)[]): void {
  const { ctx, bbox } = made;
  ctx.save();
  ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
  ctx.drawImage(base, 0, 0);
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = isThin ? THIN_PIXELS : LINE_WIDTH * (ctx.canvas.width / made.width);
  ctx.lineJoin = "round";
  const offset = (ctx.lineWidth % 2) / 2; // Whole pixels are where an odd line has its middle, for uPlot as well.
  ctx.translate(offset, offset);
  ctx.setLineDash([]);
  const y = height(made);
  lines.forEach((line, place) => {
    if (!line || line.curve.x.length < 2) return;
    const values = averaged(line.curve.last, weight, buffer(line.curve.x.length));
    const path = new Path2D();
    follow(path, across(made, line), values, y);
    const { stroke } = made.series[place] ?? {};
    ctx.strokeStyle = typeof stroke === "function" ? stroke(made, place) as string : line.colour;
    ctx.stroke(path);
  });
  ctx.restore();
}

/** One line through whole pixels, as uPlot rounds them. Points that change nothing of it are left out; NaN is a gap. */
export function follow(pen: Pen, xs: ArrayLike<number>, values: ArrayLike<number>, height: (value: number) => number): void {
  let isDown = false;
  let [atX, atY, stepX, stepY] = [0, 0, 0, 0];
  let isKept = true;
  for (let at = 0; at < xs.length; at++) {
    const [x, y] = [xs[at] ?? 0, Math.round(height(values[at] ?? NaN))];
    if (Number.isNaN(y)) {
      if (isDown && !isKept) pen.lineTo(atX, atY);
      isDown = false;
      continue;
    }
    const [dx, dy] = [x - atX, y - atY];
    if (!isDown) {
      pen.moveTo(x, y);
      [isDown, isKept, stepX, stepY] = [true, true, 0, 0];
    } else if (dx === 0 && dy === 0) {
      continue;
    } else {
      const isOn = (dy === 0 && stepY === 0 && stepX > 0) || (dx === 0 && stepX === 0 && dy * stepY > 0);
      if (!isOn && !isKept) pen.lineTo(atX, atY);
      [isKept, stepX, stepY] = [false, dx, dy];
    }
    [atX, atY] = [x, y];
  }
  if (isDown && !isKept) pen.lineTo(atX, atY);
}

let shared = new Float64Array();

function buffer(length: number): Float64Array {
  if (shared.length < length) shared = new Float64Array(length);
  return shared.subarray(0, length);
}

/** Where a value lies, in the canvas's pixels. */
function height(made: uPlot): (value: number) => number {
  const { min = 0, max = 1, distr } = made.scales.y ?? {};
  const of = distr === 3 ? Math.log10 : (value: number) => value;
  const [low, high] = [made.valToPos(min, "y", true), made.valToPos(max, "y", true)];
  const [least, each] = [of(min), (high - low) / (of(max) - of(min))];
  return (value) => low + (of(value) - least) * each;
}

const places = new WeakMap<number[], { key: string; xs: Float64Array }>();

/** Where a line's points lie across the chart; computed once while it stays as it is. */
function across(made: uPlot, { curve }: Line): Float64Array {
  const { min, max } = made.scales.x ?? {};
  const key = [min, max, made.bbox.left, made.bbox.width].join();
  const known = places.get(curve.x);
  if (known?.key === key) return known.xs;
  const xs = Float64Array.from(curve.x, (x) => Math.round(made.valToPos(x, "x", true)));
  places.set(curve.x, { key, xs });
  return xs;
}
