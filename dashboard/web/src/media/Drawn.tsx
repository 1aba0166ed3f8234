/** A figure of Plotly as we draw it: lines, points, bars, a map of heat; what else it has is named beside the file. */

import { useMemo } from "react";
import * as api from "../api";
import type { Value } from "../api";
import { colour } from "../colours";
import * as format from "../format";
import { useAnswer } from "../live";
import { useRoom } from "../plots/room";
import { ticks } from "../reports/svg";
import { say } from "../say";
import { extent, figure, type Figure, type Heat, type Series } from "./figure";

const HEIGHT = 300;
const [LEFT, RIGHT, TOP, BOTTOM] = [58, 12, 24, 40];

export function Drawn({ source, caption, dark }: { source: string; caption: string; dark: boolean }) {
  const { answer, error } = useAnswer((signal) => api.get<Value>(source, signal), [source]);
  const found = useMemo(() => (answer === undefined ? undefined : figure(answer)), [answer]);
  const [holder, width] = useRoom(520);
  if (error) return <p className="problem" role="alert">{error}</p>;
  if (found === undefined) return <p className="hint">{say("Reading …")}</p>;
  const left = found ? [...new Set(found.left)] : ["plotly"];
  return (
    <div className="plotted" ref={holder}>
      {found && (found.series.length > 0 || found.heat) && <Axes told={found} width={width} caption={caption} dark={dark} />}
      {found && found.series.length > 1 && (
        <ul className="legend keys">{found.series.map((series, at) => <li key={at}><svg width="10" height="10" aria-hidden><rect width="10" height="10" rx="2" fill={colour(at, dark)} /></svg>{series.name || say("trace {number}", { number: at })}</li>)}</ul>)}
      {left.length > 0 && <p className="hint">{say("Not drawn here: {kinds}.", { kinds: left.join(", ") })} <a href={source} download>{say("Download the figure")}</a></p>}
    </div>
  );
}

interface Frame { x: (value: number | string) => number; y: (value: number) => number; across: { at: number; text: string }[]; up: { at: number; text: string }[] }

function Axes({ told, width, caption, dark }: { told: Figure; width: number; caption: string; dark: boolean }) {
  const found = useMemo(() => (told.heat ? null : framed(told.series, width)), [told, width]);
  return (
    <>
      {told.title && <h4>{told.title}</h4>}
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} width={width} height={HEIGHT} role="img" aria-label={told.title || caption}>
        {found?.up.map((tick) => <path key={`g${tick.at}`} className="grid" d={`M${LEFT} ${tick.at}H${width - RIGHT}`} />)}
        {found?.up.map((tick) => <text key={`u${tick.at}`} x={LEFT - 8} y={tick.at + 4} textAnchor="end">{tick.text}</text>)}
        {found?.across.map((tick) => <text key={`a${tick.at}`} x={tick.at} y={HEIGHT - BOTTOM + 16} textAnchor="middle">{tick.text}</text>)}
        {found && told.series.map((series, at) => <Trace key={at} series={series} tint={colour(at, dark)} frame={found} bars={told.series.filter((other) => other.kind === "bars")} />)}
        {told.heat && <Map heat={told.heat} width={width} />}
        <text className="name" x={width - RIGHT} y={HEIGHT - 6} textAnchor="end">{told.x}</text>
        <text className="name" x={4} y={TOP - 12}>{told.y}</text>
      </svg>
    </>
  );
}

function Trace({ series, tint, frame, bars }: { series: Series; tint: string; frame: Frame; bars: Series[] }) {
  const there = series.y.flatMap((value, at) => (Number.isFinite(value) ? [{ x: frame.x(series.x[at] ?? at), y: frame.y(value), value }] : []));
  if (series.kind === "line") return <path className="line" stroke={tint} d={there.map((point, at) => `${at ? "L" : "M"}${point.x.toFixed(1)} ${point.y.toFixed(1)}`).join("")} />;
  if (series.kind === "points") return <g fill={tint}>{there.map((point, at) => <circle key={at} cx={point.x} cy={point.y} r={3.5} />)}</g>;
  const steps = [...new Set(series.x.map((value) => frame.x(value)))].sort((a, b) => a - b);
  const gap = Math.min(80, ...steps.slice(1).map((value, at) => value - (steps[at] ?? 0)));
  const wide = Math.max(1, (gap * 0.8) / bars.length);
  const shift = bars.indexOf(series) * wide - (gap * 0.8) / 2;
  return <g fill={tint}>{there.map((point, at) => { const zero = frame.y(0); return <rect key={at} x={point.x + shift} y={Math.min(zero, point.y)} width={wide} height={Math.abs(zero - point.y)} />; })}</g>;
}

/** Places of values between the edges: numbers on a scale, words side by side. */
function framed(series: Series[], width: number): Frame {
  const hasBars = series.some((item) => item.kind === "bars");
  const [low, high] = extent(series.flatMap((item) => item.y), hasBars ? 0 : null);
  const y = (value: number) => HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const up = ticks(low, high).map((value) => ({ at: y(value), text: format.number(value) }));
  const [from, to] = [LEFT + (hasBars ? 30 : 6), width - RIGHT - (hasBars ? 30 : 6)];
  const xs = series.flatMap((item) => item.x);
  const words = [...new Set(xs.filter((value) => typeof value === "string"))];
  if (words.length > 0) {
    const place = (value: number | string) => from + ((words.indexOf(String(value)) + 0.5) / words.length) * (to - from);
    const every = Math.ceil((words.length * 70) / (to - from));
    return { x: place, y, up, across: words.filter((_, at) => at % every === 0).map((word) => ({ at: place(word), text: word.slice(0, 12) })) };
  }
  const [first, last] = extent(xs.map(Number), null);
  const x = (value: number | string) => from + ((Number(value) - first) / (last - first)) * (to - from);
  return { x, y, up, across: ticks(first, last).map((value) => ({ at: x(value), text: format.number(value) })) };
}

function Map({ heat, width }: { heat: Heat; width: number }) {
  const columns = Math.max(...heat.rows.map((row) => row.length));
  const [wide, tall] = [(width - LEFT - RIGHT) / columns, (HEIGHT - TOP - BOTTOM) / heat.rows.length];
  const span = heat.high - heat.low || 1;
  const shows = (count: number, size: number) => Math.max(1, Math.ceil((count * size) / (width - LEFT - RIGHT)));
  return (
    <>
      {heat.rows.map((row, down) => row.map((value, across) => Number.isFinite(value) && (
        <rect key={`${down} ${across}`} className="cell" x={LEFT + across * wide} y={HEIGHT - BOTTOM - (down + 1) * tall} width={wide} height={tall} fillOpacity={0.06 + 0.94 * ((value - heat.low) / span)}>
          <title>{`${heat.y[down] ?? down} · ${heat.x[across] ?? across}: ${format.number(value)}`}</title>
        </rect>)))}
      {heat.x.map((word, at) => at % shows(columns, 56) === 0 && <text key={`x${at}`} x={LEFT + (at + 0.5) * wide} y={HEIGHT - BOTTOM + 16} textAnchor="middle">{word.slice(0, 9)}</text>)}
      {heat.y.map((word, at) => at % Math.max(1, Math.ceil(14 / tall)) === 0 && <text key={`y${at}`} x={LEFT - 8} y={HEIGHT - BOTTOM - (at + 0.5) * tall + 4} textAnchor="end">{word.slice(0, 9)}</text>)}
    </>
  );
}
