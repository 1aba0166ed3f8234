/** Panels with a run set of their own, beside those of the chosen runs; each grid stands in the link with all that it says. */

import { useMemo, useState } from "react";
import * as api from "../api";
import type { Run } from "../api";
import { Boundary } from "../Boundary";
import { Chart } from "../Chart";
import { colour } from "../colours";
import { counted, placed } from "../hues";
import { useQuestion, useRows } from "../listed";
import { useAnswer, type Live } from "../live";
import { runHref } from "../address";
import { Link } from "../Link";
import type { Across, Look } from "../plot";
import { Body } from "../reports/PanelView";
import { say } from "../say";
import { FIRST_RUNS, freeId, grids, withGrid, withoutGrid, type Grid } from "./arrangement";
import { Arranged } from "./Arranged";
import { GridForm } from "./GridForm";
import { useLayout } from "./layout";

interface Shared { look: Look; axis: Across; logX: boolean; logY: boolean }

interface Props {
  text: string;
  setText: (text: string) => void;
  isAdding: boolean;
  added: () => void;
  live: Live;
  dark: boolean;
  /** Places in the palette of the runs that are drawn beside the grids. */
  places: ReadonlyMap<string, number>;
  shared: Shared;
  size: string;
  height: number;
}

export default function Grids({ text, setText, isAdding, added, ...rest }: Props) {
  const fresh: Grid = { id: freeId(text), title: "", runs: "", kind: "curves", limit: FIRST_RUNS, keys: [] };
  return (
    <>
      {grids(text).map((grid) => (
        <Boundary key={grid.id} name={grid.title || grid.runs} when={text}>
          <Own grid={grid} change={(next) => setText(withGrid(text, next))} remove={() => setText(withoutGrid(text, grid.id))} {...rest} />
        </Boundary>))}
      {isAdding && <GridForm grid={fresh} live={rest.live} save={(grid) => { setText(withGrid(text, grid)); added(); }} close={added} />}
    </>
  );
}

interface OwnProps extends Omit<Props, "text" | "setText" | "isAdding" | "added"> { grid: Grid; change: (grid: Grid) => void; remove: () => void }

function Own({ grid, change, remove, live, dark, places: given, shared, size, height }: OwnProps) {
  const [isEdited, setEdited] = useState(false);
  const layout = useLayout(grid.id);
  const { runs, total, problem } = useRows(useQuestion(grid.runs, { show: "current" }), grid.limit, live);
  const places = useMemo(() => placed(runs.map((run) => run.id), counted(total ?? 0), (id) => given.get(id)), [runs, total, given]);
  const title = grid.title || grid.runs || say("Newest runs");
  const gone = () => { layout.reset(); remove(); };
  return (
    <section className="section own" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {grid.title && grid.runs && <code>{grid.runs}</code>}
        <span className="count">{say("{count} runs", { count: runs.length })}</span>
        <span className="spacer" />
        {!layout.isAutomatic && <button className="quiet" onClick={layout.reset}>{say("Automatic layout")}</button>}
        <button className="quiet" aria-expanded={isEdited} onClick={() => setEdited(!isEdited)}>{say("Edit")}</button>
        <button className="quiet icon" aria-label={say("Take {title} away", { title })} onClick={gone}>✕</button>
      </header>
      {isEdited && <GridForm grid={grid} live={live} save={(next) => { change(next); setEdited(false); }} close={() => setEdited(false)} />}
      {problem && <pre className="problem" role="alert">{problem}</pre>}
      {total === 0 && !problem && <p className="hint">{say("No run is meant by {expression}.", { expression: grid.runs || "∅" })}</p>}
      {!problem && runs.length > 0 && <Filled grid={grid} runs={runs} places={places} layout={layout} live={live} dark={dark} shared={shared} size={size} height={height} />}
    </section>
  );
}

interface FilledProps extends Omit<OwnProps, "change" | "remove"> { runs: Run[]; layout: ReturnType<typeof useLayout> }

function Filled({ grid, runs, places, layout, live, dark, shared, size, height }: FilledProps) {
  const ids = useMemo(() => runs.map((run) => run.id), [runs]);
  const names = useMemo(() => new Map(runs.map((run) => [run.id, run.display_name])), [runs]);
  if (grid.kind === "curves") return <Curves {...{ grid, ids, places, names, layout, live, dark, shared, size, height }} />;
  const panel = { ...grid, axis: "step" as const, smoothing: 0, logY: false };
  return <div className="panel"><Body panel={panel} own={grid.id} runs={runs} ids={ids} places={places} names={names} live={live} dark={dark} /></div>;
}

type CurvesProps = Omit<FilledProps, "runs"> & { ids: string[]; names: Map<string, string> };

function Curves({ grid, ids, places, names, layout, live, dark, shared, size, height }: CurvesProps) {
  const beat = ids.reduce((sum, id) => sum + (live.beat.get(id) ?? 0), 0);
  const isNamed = grid.keys.length > 0;
  const { answer } = useAnswer((signal) => (isNamed ? Promise.resolve({ keys: grid.keys }) : api.keys(ids, signal)), [ids, isNamed, grid.keys, isNamed ? 0 : beat]);
  const look = useMemo(() => ({ colour: (id: string) => colour(places.get(id) ?? 0, dark), name: (id: string) => names.get(id) ?? id, smoothing: shared.look.smoothing }), [places, names, dark, shared.look.smoothing]);
  if (!answer) return <p className="hint">{say("Reading …")}</p>;
  const hidden = layout.hidden.filter((key) => answer.keys.includes(key));
  return (
    <>
      <ul className="legend keys">{ids.map((id) => <li key={id}><svg viewBox="0 0 10 10" aria-hidden="true"><circle className={`c${(places.get(id) ?? 0) % 10}`} cx={5} cy={5} r={5} /></svg><Link to={runHref(id)}>{names.get(id)}</Link></li>)}</ul>
      {hidden.length > 0 && <div className="put hint">{say("Hidden:")} {hidden.map((key) => <button key={key} className="tag" aria-label={say("Show {title}", { title: key })} onClick={() => layout.show(key)}>＋ {key}</button>)}</div>}
      <Arranged keys={answer.keys} isSeen={(key) => !layout.hidden.includes(key)} layout={layout} size={size} height={height} panel={(key, high, tools) => (
        <Boundary name={key} when={`${shared.axis} ${beat} ${ids.join()}`}>
          <Chart title={key} {...shared} ids={ids} look={look} beat={beat} height={high} tools={tools} />
        </Boundary>)} />
    </>
  );
}
