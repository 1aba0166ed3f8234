/** A panel of a report, alive: its own runs, drawn as elsewhere on the page, and what a file without a server needs of it. */

import { useEffect, useMemo } from "react";
import type { Run } from "../api";
import * as api from "../api";
import { runHref } from "../address";
import { Boundary } from "../Boundary";
import { Chart } from "../Chart";
import { colour } from "../colours";
import { goalOf, headlineOf, varied } from "../fields";
import { questionOf, useRows } from "../listed";
import { beatOf, type Live } from "../live";
import { Link } from "../Link";
import { Parallel } from "../Parallel";
import { Bars } from "../plots/Bars";
import { RunGrid } from "../plots/RunGrid";
import { Scatter } from "../plots/Scatter";
import { asSweep } from "../plots/sweeping";
import { Weights } from "../plots/Weights";
import { say } from "../say";
import type { Kept } from "./exported";
import { parsed, PanelError, type Panel } from "./panels";

interface Props {
  text: string;
  place: number;
  live: Live;
  dark: boolean;
  /** Takes what this panel gives to a file; the function that is given back forgets it. */
  keep: (place: number, kept: Kept) => () => void;
}

export function PanelView(props: Props) {
  const read = useMemo(() => { try { return { panel: parsed(props.text) }; } catch (error) { if (error instanceof PanelError) return { problem: error.message }; throw error; } }, [props.text]);
  if (!read.panel) return <div className="panel card"><p className="problem" role="alert">{read.problem}</p><pre>{props.text}</pre></div>;
  return <Boundary name={read.panel.title || say("A panel")} when={props.text}><Filled {...props} panel={read.panel} /></Boundary>;
}

function Filled({ panel, place, live, dark, keep }: Props & { panel: Panel }) {
  const question = useMemo(() => questionOf(panel.runs, { show: "current" }), [panel.runs]);
  const { runs, total, problem } = useRows(question, panel.limit, live);
  const ids = useMemo(() => runs.map((run) => run.id), [runs]);
  const places = useMemo(() => new Map(ids.map((id, at) => [id, at])), [ids]);
  const names = useMemo(() => new Map(runs.map((run) => [run.id, run.display_name])), [runs]);
  useEffect(() => {
    const of = { panel, ids, name: (id: string) => names.get(id) ?? id, place: (id: string) => places.get(id) ?? 0 };
    return keep(place, { ...of, curves: (key) => api.curves({ key, ids, axis: panel.axis, points: 400, kind: "history" }) });
  }, [keep, place, panel, ids, names, places]);
  return (
    <figure className="panel" data-panel={place}>
      {panel.title && <figcaption>{panel.title}</figcaption>}
      {problem && <p className="problem" role="alert">{problem}</p>}
      {total === null && !problem && <p className="hint">{say("Reading …")}</p>}
      {total !== null && !problem && (runs.length === 0
        ? <p className="hint">{say("No run is meant by {expression}.", { expression: panel.runs || "∅" })}</p>
        : <Body panel={panel} own={String(place)} runs={runs} ids={ids} places={places} names={names} live={live} dark={dark} />)}
    </figure>
  );
}

interface BodyProps {
  panel: Panel;
  /** By which the link tells its panel from others of the view. */
  own: string;
  runs: Run[];
  ids: string[];
  places: ReadonlyMap<string, number>;
  names: Map<string, string>;
  live: Live;
  dark: boolean;
}

export function Body(props: BodyProps) {
  const { panel, runs, places } = props;
  const place = (id: string) => places.get(id) ?? 0;
  const [first = "", second = ""] = panel.keys;
  if (panel.kind === "curves") return <Curves {...props} />;
  if (panel.kind === "scatter") return <div className="card"><Scatter runs={runs} x={first} y={second} place={place} /></div>;
  if (panel.kind === "bar") return <div className="card"><Bars runs={runs} name={first} goal={goalOf(runs, first)} most={panel.limit} place={place} /></div>;
  if (panel.kind === "importance") return <div className="card"><Weights runs={runs} metric={first} /></div>;
  if (panel.kind === "parallel") return <div className="card"><Lines runs={runs} keys={panel.keys} name={`axes.${props.own}`} /></div>;
  return <div className="card"><RunGrid runs={runs} names={panel.keys.length ? panel.keys : ["step", ...varied(runs).slice(0, 6), headlineOf(runs).name].filter(Boolean)} /></div>;
}

/** The last key is the metric; with one alone it is that, and with none the runs' own. */
function Lines({ runs, keys, name }: { runs: Run[]; keys: string[]; name: string }) {
  const metric = keys[keys.length - 1] ?? headlineOf(runs).name;
  const parameters = keys.length > 1 ? keys.slice(0, -1) : varied(runs).slice(0, 8);
  const sweep = useMemo(() => asSweep(runs, parameters, metric, goalOf(runs, metric)), [runs, parameters.join(), metric]);
  return <Parallel sweep={sweep} at={null} onAt={() => undefined} name={name} />;
}

function Curves({ panel, ids, places, names, live, dark }: BodyProps) {
  const look = useMemo(
    () => ({ colour: (id: string) => colour(places.get(id) ?? 0, dark), name: (id: string) => names.get(id) ?? id, smoothing: panel.smoothing }),
    [places, names, dark, panel.smoothing]);
  const beat = beatOf(live, ids);
  return (
    <>
      <div className="grid">{panel.keys.map((key) => (
        <Boundary key={key} name={key} when={`${beat}`}>
          <Chart title={key} ids={ids} look={look} axis={panel.axis} logY={panel.logY} beat={beat} height={panel.keys.length === 1 ? 280 : 220} />
        </Boundary>))}
      </div>
      <ul className="legend keys">{ids.map((id) => (
        <li key={id}><svg viewBox="0 0 10 10" aria-hidden="true"><circle className={`c${(places.get(id) ?? 0) % 10}`} cx={5} cy={5} r={5} /></svg><Link to={runHref(id)}>{names.get(id)}</Link></li>))}
      </ul>
    </>
  );
}
