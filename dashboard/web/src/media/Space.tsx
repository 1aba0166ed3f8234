/** Points in space, turned by drag or arrow keys, nearer by the wheel or plus and minus. */

import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import * as api from "../api";
import type { Value } from "../api";
import * as format from "../format";
import { useAnswer } from "../live";
import { useRoom } from "../plots/room";
import { say } from "../say";
import { parameter, useParameter } from "../address";
import { cloud, FIRST, MOST_POINTS, paint, seen, sideOf, withSide, type Cloud, type Side } from "./cloud";

const HEIGHT = 320;
const STILL_MILLISECONDS = 300;
const TURNS: Record<string, Partial<Side>> = { ArrowLeft: { turn: -0.15 }, ArrowRight: { turn: 0.15 }, ArrowUp: { tilt: 0.1 }, ArrowDown: { tilt: -0.1 } };

export function Space({ source, caption }: { source: string; caption: string }) {
  const { answer, error } = useAnswer((signal) => api.get<Value>(source, signal), [source]);
  const found = useMemo(() => (answer === undefined ? undefined : cloud(answer)), [answer]);
  if (error) return <p className="problem" role="alert">{error}</p>;
  if (found === undefined) return <p className="hint">{say("Reading …")}</p>;
  if (found === null) return <p className="hint">{say("There are no points in it.")}</p>;
  return <Turned cloud={found} caption={caption} />;
}

function Turned({ cloud: told, caption }: { cloud: Cloud; caption: string }) {
  const [holder, width] = useRoom(480);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, setSides] = useParameter("side", "");
  const [side, setSide] = useState<Side>(() => sideOf(parameter("side"), caption));
  // Where it stands in the link is said when it has stood still: a browser takes no hundred addresses at once.
  useEffect(() => {
    const timer = window.setTimeout(() => setSides(withSide(parameter("side"), caption, side)), STILL_MILLISECONDS);
    return () => window.clearTimeout(timer);
  }, [side, caption, setSides]);
  const from = useRef<{ x: number; y: number } | null>(null);
  useEffect(() => { if (canvas.current) draw(canvas.current, told, side, width); }, [told, side, width]);
  useEffect(() => {
    const node = canvas.current;
    // React listens to the wheel passively, and the page would move along.
    const wheel = (event: WheelEvent) => { event.preventDefault(); setSide((now) => moved(now, { near: event.deltaY < 0 ? 1.1 : 1 / 1.1 })); };
    node?.addEventListener("wheel", wheel, { passive: false });
    return () => node?.removeEventListener("wheel", wheel);
  }, []);
  const dragged = (event: PointerEvent) => {
    if (!from.current) return;
    const [across, down] = [event.clientX - from.current.x, event.clientY - from.current.y];
    from.current = { x: event.clientX, y: event.clientY };
    setSide((now) => moved(now, { turn: across / 120, tilt: down / 120 }));
  };
  const pressed = (event: KeyboardEvent) => {
    const change = TURNS[event.key] ?? (event.key === "+" ? { near: 1.2 } : event.key === "-" ? { near: 1 / 1.2 } : null);
    if (!change) return;
    event.preventDefault();
    setSide((now) => moved(now, change));
  };
  return (
    <div className="space" ref={holder}>
      <canvas ref={canvas} tabIndex={0} role="img" aria-label={say("{count} points of {name}; arrow keys turn them", { count: format.number(told.count), name: caption })} onKeyDown={pressed}
        onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); from.current = { x: event.clientX, y: event.clientY }; }}
        onPointerMove={dragged} onPointerUp={() => { from.current = null; }} onDoubleClick={() => setSide(FIRST)} />
      {told.total > MOST_POINTS && <p className="hint">{say("{count} of {total} points", { count: format.number(told.count), total: format.number(told.total) })}</p>}
    </div>
  );
}

/** Turns add up, nearness multiplies; straight from above and below are the ends. */
const moved = (now: Side, change: Partial<Side>): Side => ({
  turn: now.turn + (change.turn ?? 0),
  tilt: Math.max(-Math.PI / 2, Math.min(Math.PI / 2, now.tilt + (change.tilt ?? 0))),
  near: Math.max(0.3, Math.min(8, now.near * (change.near ?? 1))),
});

function draw(canvas: HTMLCanvasElement, told: Cloud, side: Side, room: number): void {
  const dense = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(room * dense), Math.round(HEIGHT * dense)];
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) return;
  const pixels = context.createImageData(width, height);
  paint(pixels.data, width, height, told, side);
  context.putImageData(pixels, 0, 0);
  context.strokeStyle = getComputedStyle(canvas).getPropertyValue("--accent");
  context.lineWidth = dense;
  for (let at = 0; at < told.edges.length; at += 6) {
    const end = (from: number) => seen(told.edges[from] ?? 0, told.edges[from + 1] ?? 0, told.edges[from + 2] ?? 0, side, width, height);
    const [first, last] = [end(at), end(at + 3)];
    context.beginPath();
    context.moveTo(first[0], first[1]);
    context.lineTo(last[0], last[1]);
    context.stroke();
  }
}
