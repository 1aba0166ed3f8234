/** All listed runs by their values: as points, as bars, as lines through their parameters, and which of these matter. */

import { useMemo, useState } from "react";
import type { Question } from "../api";
import { useParameter } from "../address";
import { goalOf, headlineOf, isNumber, named, short, varied } from "../fields";
import { useRows } from "../listed";
import type { Live } from "../live";
import { Parallel } from "../Parallel";
import { Welcome } from "../RunList";
import { say } from "../say";
import { Bars } from "./Bars";
import { Scatter } from "./Scatter";
import { asSweep } from "./sweeping";
import { Weights } from "./Weights";

const MOST = 500;
const BARS = 20;
const AXES = 8;

interface Props {
  question: Question;
  live: Live;
  place: (id: string) => number;
  /** The colour of a run, that of its curves. */
  paint: (id: string) => string;
}

export default function RunPlots({ question, live, place, paint }: Props) {
  const { runs, total } = useRows(question, MOST, live);
  const numbers = useMemo(() => [...named(runs, "summary", isNumber), ...named(runs, "config", isNumber), "step", "took"], [runs]);
  const parameters = useMemo(() => varied(runs), [runs]);
  const [metric, setMetric] = useParameter("y", headlineOf(runs).name || "step");
  const [across, setAcross] = useParameter("across", parameters.find((name) => numbers.includes(name)) ?? parameters[0] ?? "step");
  const [hidden, setHidden] = useParameter("without", "");
  const [at, setAt] = useState<string | null>(null);
  const goal = goalOf(runs, metric);
  const left = useMemo(() => parameters.filter((name) => !hidden.split(",").includes(name)), [parameters, hidden]);
  const sweep = useMemo(() => asSweep(runs, left.slice(0, AXES), metric, goal), [runs, left, metric, goal]);
  if (live.loaded && live.total === 0) return <main className="page"><Welcome /></main>;
  if (!live.loaded || total === null) return <main className="page"><p className="hint">{say("Reading …")}</p></main>;
  return (
    <main className="page">
      <div className="toolbar">
        <Choice name={say("Metric")} value={metric} of={numbers} choose={setMetric} />
        <Choice name={say("Across")} value={across} of={[...new Set([...parameters, ...numbers])]} choose={setAcross} />
        {total > MOST && <span className="hint">{say("the first {count} runs", { count: MOST })}</span>}
      </div>
      <div className="overview spaced">
        <section className="card"><h2>{say("{y} by {x}", { y: short(metric), x: short(across) })}</h2><Scatter runs={runs} x={across} y={metric} place={place} /></section>
        <section className="card"><h2>{short(metric)}</h2><Bars runs={runs} name={metric} goal={goal} most={BARS} place={place} /></section>
        <section className="card wide">
          <h2>{say("Parameters and {metric}", { metric: short(metric) })}</h2>
          <p className="hint names">{parameters.map((name) => (
            <label key={name}><input type="checkbox" checked={left.includes(name)} onChange={() => setHidden(toggled(hidden, name))} />{short(name)}</label>))}</p>
          <Parallel sweep={sweep} at={at} onAt={setAt} paint={paint} />
        </section>
        <section className="card"><h2>{say("What matters")}</h2><Weights runs={runs} metric={metric} /></section>
      </div>
    </main>
  );
}

function toggled(list: string, name: string): string {
  const found = new Set(list.split(",").filter(Boolean));
  if (!found.delete(name)) found.add(name);
  return [...found].join(",");
}

function Choice({ name, value, of, choose }: { name: string; value: string; of: string[]; choose: (value: string) => void }) {
  return (
    <label>{name}
      <select value={value} onChange={(event) => choose(event.target.value)}>{(of.includes(value) ? of : [value, ...of]).map((item) => <option key={item} value={item}>{item || "–"}</option>)}</select>
    </label>
  );
}
