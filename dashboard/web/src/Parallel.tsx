/** Trials as lines through one axis for each parameter and the metric; a stretch of an axis chooses among them. */

import { useMemo, useRef, useState } from "react";
import type { SweepDetail, Trial } from "./api";
import { go, runHref, useParameter } from "./address";
import * as format from "./format";
import { useRoom } from "./plots/room";
import { say } from "./say";
import { axesOf, drawn, lies, placeOf, stretchesOf, withStretch } from "./stretches";
import { running, type Axis, type Stretch } from "./trials";

interface Props {
  sweep: SweepDetail;
  /** The trial that is looked at. */
  at: string | null;
  onAt: (id: string | null) => void;
  /** Under which name the link holds the stretches that were chosen. */
  name?: string;
  /** The colour of a trial; without it the best stand out. */
  paint?: (id: string) => string;
}

const HEIGHT = 300;
const [TOP, BOTTOM, SIDE] = [34, 14, 70];
const APART = 92;
const SNAP = 0.03;

export function Parallel({ sweep, at, onAt, name = "axes", paint }: Props) {
  const [holder, room] = useRoom(800);
  const [text, setText] = useParameter(name, "");
  const trials = useMemo(() => drawn(sweep), [sweep]);
  const axes = useMemo(() => axesOf(trials, sweep.metric ?? say("value")), [sweep, trials]);
  const stretches = useMemo(() => stretchesOf(text, axes), [text, axes]);
  const live = useMemo(() => running(sweep), [sweep]);
  const width = Math.max(room, axes.length * APART + SIDE);
  const x = (place: number) => SIDE + (place * (width - 2 * SIDE)) / Math.max(1, axes.length - 1);
  const y = (share: number) => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  if (trials.length === 0) return <p className="hint">{say("No trial has a value yet.")}</p>;
  // The best is drawn last, on top of the others.
  const lines = trials.map((trial, rank) => ({ trial, rank, inside: lies(trial, axes, stretches) })).reverse();
  return (
    <div className="parallel" ref={holder} tabIndex={0} role="group" aria-label={say("Parameters and {metric}", { metric: sweep.metric ?? say("value") })}>
      <svg width={width} height={HEIGHT} role="img" aria-label={say("{count} lines through {axes}", { count: trials.length, axes: axes.map((item) => item.name).join(", ") })}>
        {lines.map(({ trial, rank, inside }) => (
          <path key={trial.id} d={pathOf(trial, axes, x, y)} className={`trial${inside ? "" : " out"}${trial.id === at ? " at" : ""}${live.has(trial.id) ? " going" : ""}`}
            style={{ stroke: paint ? paint(trial.id) : hue(rank, trials.length) }} onMouseEnter={() => onAt(trial.id)} onMouseLeave={() => onAt(null)} onClick={() => go(runHref(trial.id))}>
            <title>{`${trial.name}: ${sweep.metric ?? say("value")} ${format.value(trial.value)}`}</title>
          </path>))}
        {axes.map((item, place) => (
          <AxisLine key={item.name} axis={item} x={x(place)} y={y} stretch={shownOf(stretches.get(item.name))} onStretch={(stretch) => setText(withStretch(text, item, stretch))} />))}
      </svg>
    </div>
  );
}

/** An open end is drawn at the end of the axis. */
const shownOf = (stretch: Stretch | undefined): Stretch | undefined => stretch && [Math.max(0, Math.min(1, stretch[0])), Math.max(0, Math.min(1, stretch[1]))];

function pathOf(trial: Trial, axes: Axis[], x: (place: number) => number, y: (share: number) => number): string {
  let isDown = false;
  return axes.map((item, place) => {
    const at = placeOf(trial, item, axes);
    if (at === null) {
      isDown = false;
      return "";
    }
    const word = isDown ? "L" : "M";
    isDown = true;
    return `${word}${x(place).toFixed(1)} ${y(at).toFixed(1)}`;
  }).join("");
}

/** From the best, in the accent's green, to the last, in a pale blue-grey; by rank, so that one outlier decides nothing. */
function hue(rank: number, count: number): string {
  const share = count < 2 ? 0 : rank / (count - 1);
  return `color-mix(in oklab, var(--best) ${Math.round(100 * (1 - share) ** 1.6)}%, var(--rest))`;
}

interface AxisProps {
  axis: Axis;
  x: number;
  y: (share: number) => number;
  stretch: Stretch | undefined;
  onStretch: (stretch: Stretch | null) => void;
}

function AxisLine({ axis: item, x, y, stretch, onStretch }: AxisProps) {
  const from = useRef<number | null>(null);
  const [now, setNow] = useState<Stretch | null>(null);
  const share = (event: React.PointerEvent<SVGRectElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = 1 - (event.clientY - box.top) / box.height;
    return at < SNAP ? 0 : at > 1 - SNAP ? 1 : at; // Nobody hits an end by hand.
  };
  const shown = now ?? stretch;
  return (
    <g className="axis">
      <text x={x} y={16} textAnchor="middle" className="name">{item.name.length > 16 ? `${item.name.slice(0, 15)}…` : item.name}<title>{item.name}</title></text>
      <line x1={x} x2={x} y1={y(0)} y2={y(1)} />
      {item.ticks.map((tick) => <text key={`${tick.at} ${tick.text}`} x={x - 6} y={y(tick.at) + 4} textAnchor="end">{tick.text.slice(0, 12)}</text>)}
      {shown && <rect className="stretch" x={x - 7} width={14} y={y(shown[1])} height={Math.max(2, y(shown[0]) - y(shown[1]))} />}
      <rect className="grip" x={x - 14} width={28} y={y(1)} height={y(0) - y(1)}
        onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); from.current = share(event); }}
        onPointerMove={(event) => from.current !== null && setNow([Math.min(from.current, share(event)), Math.max(from.current, share(event))])}
        onPointerUp={(event) => {
          const begun = from.current ?? 0;
          const end = share(event);
          from.current = null;
          setNow(null);
          onStretch(Math.abs(end - begun) < 0.02 ? null : [Math.min(begun, end), Math.max(begun, end)]);
        }} />
    </g>
  );
}
