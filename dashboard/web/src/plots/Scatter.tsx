/** Runs as points of two of their values; a point leads to its run. */

import { useMemo } from "react";
import type { Run } from "../api";
import { go, runHref } from "../address";
import { read, short } from "../fields";
import * as format from "../format";
import { say } from "../say";
import { axis } from "../trials";
import { useRoom } from "./room";
import { tone } from "./tone";

interface Props {
  runs: Run[];
  x: string;
  y: string;
  /** The place of a run in the palette. */
  place: (id: string) => number;
}

const HEIGHT = 300;
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 30, 14, 44];

export function Scatter({ runs, x, y, place }: Props) {
  const [holder, width] = useRoom(560);
  const [across, up] = useMemo(() => [axis(x, runs.map((run) => read(run, x))), axis(y, runs.map((run) => read(run, y)))], [runs, x, y]);
  const points = runs.flatMap((run) => {
    const [at, high] = [across.place(read(run, x)), up.place(read(run, y))];
    return at === null || high === null ? [] : [{ run, at, high }];
  });
  const px = (share: number) => LEFT + share * (width - LEFT - RIGHT);
  const py = (share: number) => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  if (points.length === 0) return <p className="hint">{say("No run has both {x} and {y}.", { x: short(x), y: short(y) })}</p>;
  return (
    <div className="plotted" ref={holder}>
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} width={width} height={HEIGHT} role="img" aria-label={say("{count} runs by {x} and {y}", { count: points.length, x: short(x), y: short(y) })}>
        {up.ticks.map((tick) => <path key={`y${tick.at}`} className="grid" d={`M${LEFT} ${py(tick.at)}H${width - RIGHT}`} />)}
        {up.ticks.map((tick) => <text key={`t${tick.at}`} x={LEFT - 8} y={py(tick.at) + 4} textAnchor="end">{tick.text.slice(0, 9)}</text>)}
        {thinned(across.ticks, width).map((tick) => <text key={`x${tick.at}`} x={px(tick.at)} y={HEIGHT - BOTTOM + 16} textAnchor="middle">{tick.text.slice(0, 12)}</text>)}
        <text className="name" x={width - RIGHT} y={HEIGHT - 8} textAnchor="end">{short(x)}</text>
        {points.map(({ run, at, high }) => (
          <circle key={run.id} className={tone(place(run.id))} cx={px(at)} cy={py(high)} r={5} onClick={() => go(runHref(run.id))}>
            <title>{`${run.display_name}\n${short(x)} ${format.value(read(run, x))}\n${short(y)} ${format.value(read(run, y))}`}</title>
          </circle>))}
      </svg>
    </div>
  );
}

/** As many marks as there is room for. */
function thinned<T>(ticks: T[], width: number): T[] {
  const every = Math.max(1, Math.ceil((ticks.length * 64) / width));
  return ticks.filter((_, place) => place % every === 0);
}
