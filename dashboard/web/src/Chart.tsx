/** One metric of the chosen runs as a chart: it follows them while they run, and asks for detail where one zooms in. */

import { useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import * as api from "./api";
import * as format from "./format";
import { useParameter, withZoom, zoomOf } from "./address";
import { useAnswer } from "./live";
import { say } from "./say";
import { across } from "./bundles";
import { MovingSmoothing } from "./moving";
import { metricOf, plot, positive, xLabel, type Across, type Line, type Look } from "./plot";
import { Hand } from "./tracing";

interface Props {
  title: string;
  ids: string[];
  look: Look;
  axis: Across;
  logY: boolean;
  logX?: boolean;
  kind?: "history" | "system";
  /** Changes whenever one of the runs has moved. */
  beat: number;
  height?: number;
  onOpen?: (() => void) | undefined;
  /** Whether it stands before the sections, and how to change that. */
  pinned?: boolean;
  onPin?: (() => void) | undefined;
  /** More for its head. */
  tools?: React.ReactNode;
}

const TOLD = 12;
/** A point under the cursor is an element that moves with it, for each series: with more the page would fall behind. */
const MOST_POINTS = 40;

/** Of more runs a chart shows fewer points, which the server keeps drawn. */
const MANY = 20;

export function Chart({ title, ids, look, axis, logY, logX = false, kind = "history", beat, height = 220, onOpen, pinned = false, onPin, tools }: Props) {
  const panel = useRef<HTMLDivElement>(null);
  const seen = useSeen(panel);
  const [zoomed, setZoomed] = useParameter("zoom", "");
  const mark = `${kind === "system" ? "system:" : ""}${title}@${axis}`; // A stretch of another axis is none of this one.
  const [from, to] = zoomOf(zoomed, mark) ?? [];
  const range = useMemo((): [number, number] | null => (from === undefined || to === undefined ? null : [from, to]), [from, to]);
  const setRange = (next: [number, number] | null) => setZoomed(withZoom(zoomed, mark, next));
  const ask = (signal: AbortSignal) => (seen && ids.length ? read(title, ids, axis, kind, range, signal) : Promise.resolve(null));
  const { answer, error } = useAnswer(ask, [title, ids, axis, kind, range, seen, seen ? beat : 0]);
  const drawn = useMemo(() => plot(logX ? positive(answer?.runs ?? []) : answer?.runs ?? [], look), [answer, look, logX]);
  const empty = answer?.runs && drawn.lines.length === 1;
  return (
    <section className="chart" ref={panel} aria-label={title}>
      <header>
        <h3 title={title}>{title}</h3>
        {range && <button className="quiet" onClick={() => setRange(null)}>{say("Reset zoom")}</button>}
        {onPin && <button className={pinned ? "quiet icon pinned" : "quiet icon pin"} aria-pressed={pinned} onClick={onPin} aria-label={say("Keep {title} at the top", { title })}>★</button>}
        {onOpen && <button className="quiet icon pin" onClick={onOpen} aria-label={say("Enlarge {title}", { title })}>⤢</button>}
        {tools}
      </header>
      {error ? <p className="problem">{error}</p> : null}
      {empty ? <p className="hint" style={{ height }}>{range ? say("No chosen run has logged this here.") : say("No chosen run has logged this.")}</p> : (
        <Canvas title={title} drawn={drawn} axis={axis} logY={logY} logX={logX} height={height} onZoom={setRange} />
      )}
    </section>
  );
}

async function read(key: string, ids: string[], axis: Across, kind: "history" | "system", range: [number, number] | null, signal: AbortSignal) {
  const metric = metricOf(axis);
  const asked = { ids, points: ids.length > MANY ? 200 : 1000, kind };
  if (!metric) return api.curves({ ...asked, key, axis: axis as api.Axis, from: range?.[0], to: range?.[1] }, signal);
  const [found, xs] = await Promise.all([api.curves({ ...asked, key, axis: "step" }, signal), api.curves({ ...asked, key: metric, axis: "step" }, signal)]);
  return { key, runs: across(found.runs, xs.runs, range) };
}

interface CanvasProps {
  title: string;
  drawn: ReturnType<typeof plot>;
  axis: Across;
  logY: boolean;
  logX: boolean;
  height: number;
  onZoom: (range: [number, number] | null) => void;
}

/** uPlot takes its series once: another shape is another chart, so that data never meets series that it is not of. */
function Canvas(props: CanvasProps) {
  const { drawn, axis, logY, logX, height } = props;
  return <Shaped key={JSON.stringify([drawn.series.map((item) => [item.label, item.stroke]), axis, logY, logX, height])} {...props} />;
}

function Shaped({ title, drawn, axis, logY, logX, height, onZoom }: CanvasProps) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const tip = useRef<HTMLDivElement>(null);
  const latest = useRef({ drawn, onZoom });
  latest.current = { drawn, onZoom };
  const moving = useContext(MovingSmoothing);
  useLayoutEffect(() => {
    const node = holder.current;
    if (!node) return;
    const zoom = (range: [number, number] | null) => latest.current.onZoom(range);
    const tell = (made: uPlot) => show(made, latest.current.drawn.lines, axis, tip.current);
    const hand = new Hand(() => latest.current.drawn);
    const shown = options(node, drawn, axis, [logX, logY], height, zoom, tell);
    const made = new uPlot({ ...shown, hooks: { ...shown.hooks, ...hand.hooks } }, drawn.data, node);
    chart.current = made;
    const leave = hand.follow(moving, made);
    const watch = new ResizeObserver(() => made.setSize({ width: node.clientWidth, height }));
    watch.observe(node);
    const reset = () => zoom(null);
    node.addEventListener("dblclick", reset);
    return () => {
      leave();
      node.removeEventListener("dblclick", reset);
      watch.disconnect();
      made.destroy();
      chart.current = null;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  useLayoutEffect(() => chart.current?.setData(drawn.data), [drawn]);
  return (
    <div className="canvas" ref={holder} role="img" aria-label={extent(title, drawn.data[0], axis)} style={{ minHeight: height }}>
      <div className="tip" ref={tip} hidden />
    </div>
  );
}

/** What a chart shows and how far it reaches, for those who cannot see it. */
function extent(title: string, xs: ArrayLike<number>, axis: Across): string {
  const [from, to] = [xs[0], xs[xs.length - 1]];
  return from === undefined || to === undefined ? title : say("{title}, from {from} to {to}", { title, from: xLabel(from, axis), to: xLabel(to, axis) });
}

function options(
  node: HTMLElement, drawn: ReturnType<typeof plot>, axis: Across, [logX, logY]: [boolean, boolean], height: number,
  zoom: (range: [number, number] | null) => void, tell: (made: uPlot) => void,
): uPlot.Options {
  const css = getComputedStyle(node);
  const [ink, rule] = [css.getPropertyValue("--ink-soft"), css.getPropertyValue("--rule")];
  const shared = { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  const values = (_: uPlot, ticks: number[]) => ticks.map((tick) => (tick === null ? "" : short(tick)));
  return {
    width: node.clientWidth || 400,
    height,
    series: drawn.series,
    bands: drawn.bands,
    legend: { show: false },
    scales: { x: { time: axis === "time", ...(logX ? { distr: 3 as const, log: 10 as const } : {}) }, y: logY ? { distr: 3, log: 10 } : { auto: true } },
    padding: [8, 12, 0, 0],
    // Times have a second line, the day.
    axes: [
      { ...shared, size: axis === "time" ? 40 : 26, ...(axis === "step" || metricOf(axis) ? { values } : axis === "elapsed" ? { values: elapsed, incrs: ROUND } : {}) },
      { ...shared, size: 52, values },
    ],
    cursor: { drag: { x: true, y: false, setScale: false }, points: drawn.lines.length > MOST_POINTS ? { show: false } : { size: 6 }, sync: { key: `chiplog-${axis}` } },
    hooks: {
      setSelect: [
        (made) => {
          if (made.select.width < 4) return;
          zoom([made.posToVal(made.select.left, "x"), made.posToVal(made.select.left + made.select.width, "x")]);
          made.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      setCursor: [tell],
    },
  };
}

/** What stands under the cursor, the largest value first; filled by hand, for it changes with every movement. */
function show(made: uPlot, lines: (Line | null)[], axis: Across, tip: HTMLDivElement | null) {
  if (!tip) return;
  const { idx, left = -1, top = 0 } = made.cursor;
  if (idx === null || idx === undefined || left < 0 || !made.over.matches(":hover")) {
    tip.hidden = true;
    return;
  }
  const found = lines.flatMap((line, place) => {
    const value = line ? nearest(made, place, idx) : null;
    return line && value !== null ? [{ line, value }] : [];
  });
  found.sort((a, b) => b.value - a.value);
  tip.replaceChildren(row("tip-x", xLabel(made.data[0][idx] ?? 0, axis)), ...found.slice(0, TOLD).map(({ line, value }) => {
    const item = row("tip-row", "");
    const dot = document.createElement("i");
    dot.style.background = line.colour;
    item.append(dot, span(line.label), span(format.number(value)));
    return item;
  }));
  if (found.length > TOLD) tip.append(row("tip-x", say("and {count} more", { count: found.length - TOLD })));
  tip.hidden = found.length === 0;
  const onRight = left > made.over.clientWidth / 2;
  tip.style.left = onRight ? "auto" : `${left + made.over.offsetLeft + 14}px`;
  tip.style.right = onRight ? `${made.over.clientWidth - left + 14}px` : "auto";
  tip.style.top = `${Math.max(0, Math.min(top, 40))}px`;
}

/** The value at a point, or the one before it where this series has none there. */
function nearest(made: uPlot, place: number, idx: number): number | null {
  const values = made.data[place];
  for (let at = idx; values && at >= Math.max(0, idx - 400); at--) {
    const value = values[at];
    if (value !== undefined) return value;
  }
  return null;
}

function row(name: string, text: string): HTMLElement {
  const item = document.createElement("div");
  item.className = name;
  item.textContent = text;
  return item;
}

function span(text: string): HTMLElement {
  const item = document.createElement("span");
  item.textContent = text;
  return item;
}

function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${format.number(value / 1e9)}G`;
  if (size >= 1e6) return `${format.number(value / 1e6)}M`;
  if (size >= 1e4) return `${format.number(value / 1e3)}k`;
  return size > 0 && size < 1e-3 ? value.toExponential(0) : format.number(value);
}

/** Seconds between marks of a time since a start: whole seconds, minutes, hours and days; what is longer is made of days. */
const [MINUTE, HOUR, DAY] = [60, 3600, 86400];
const SIXTIETHS = [1, 2, 5, 10, 15, 30];
export const ROUND = [
  0.001, 0.01, 0.1, ...SIXTIETHS, ...SIXTIETHS.map((count) => count * MINUTE), ...[1, 2, 3, 6, 12].map((count) => count * HOUR), ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((count) => count * DAY),
];

function elapsed(_: uPlot, ticks: number[]): string[] {
  return ticks.map((tick) => (tick === 0 ? "0" : tick < 1 ? `${format.number(tick)}s` : format.duration(tick).replace(/ 0[smh]$/, "")));
}

/** Whether an element has come near the screen: charts further down ask for nothing. */
function useSeen(node: React.RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!node.current) return;
    const watch = new IntersectionObserver(([entry]) => setSeen(entry?.isIntersecting ?? false), { rootMargin: "300px" });
    watch.observe(node.current);
    return () => watch.disconnect();
  }, [node]);
  return seen;
}
