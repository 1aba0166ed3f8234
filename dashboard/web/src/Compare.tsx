/** Two to twenty runs side by side: what tells them apart, and their curves in the same colours. */

import { lazy, Suspense, useEffect, useMemo } from "react";
import type { Run } from "./api";
import { runHref, useParameter } from "./address";
import { Back } from "./Back";
import { Boundary } from "./Boundary";
import { colour } from "./colours";
import { rows, type Row } from "./differing";
import * as format from "./format";
import { give, huesOf, nameOf, told } from "./hues";
import { Link } from "./Link";
import { useRows } from "./listed";
import type { Live } from "./live";
import { Board } from "./Runs";
import { Share } from "./Share";
import { StatePill } from "./StatePill";
import { later, say } from "./say";

const PARTS = { run: later("run"), config: later("config"), summary: later("summary") };
const CodeDiff = lazy(() => import("./CodeDiff"));
export const MOST_COMPARED = 20;

/** The runs in their order, with the places in the palette that are not those of this order. */
export function compareHref(runs: Run[], places: ReadonlyMap<string, number>): string {
  const ids = runs.slice(0, MOST_COMPARED).map((run) => run.id);
  const hues = told(ids, (at) => at, places);
  return `/compare?${new URLSearchParams({ ids: ids.join(","), ...(hues ? { hues } : {}) })}`;
}

export function Compare({ live, dark }: { live: Live; dark: boolean }) {
  const [named] = useParameter("ids", "");
  const [all, setAll] = useParameter("all", "");
  const ids = named.split(",").filter(Boolean).slice(0, MOST_COMPARED);
  const question = useMemo(() => ({ only: ids.length ? ids : ["-"] }), [named]);
  const { runs: found, total } = useRows(question, MOST_COMPARED, live);
  const runs = useMemo(() => ids.flatMap((id) => found.find((run) => run.id === id) ?? []), [named, found]);
  const every = useMemo(() => rows(runs), [runs]);
  const shown = all ? every : every.filter((row) => row.differs);
  const [hues] = useParameter("hues", "");
  const places = useMemo(() => { const said = huesOf(hues); return new Map(ids.map((id, at) => [id, said.get(nameOf(id)) ?? at])); }, [named, hues]);
  useEffect(() => give(places), [places]);
  const paint = (id: string) => colour(places.get(id) ?? 0, dark);
  if (!live.loaded || total === null) return <main className="page"><p className="hint">{say("Reading …")}</p></main>;
  return (
    <main className="page">
      <div className="title">
        <Back to="/runs">{say("All runs")}</Back>
        <h1>{say("Compare {count} runs", { count: runs.length })}</h1>
        <label className="hint check"><input type="checkbox" checked={all !== ""} onChange={(event) => setAll(event.target.checked ? "1" : "")} />{say("also what is the same")}</label>
        <span className="spacer" />
        {runs.length > 1 && <Share what={{ kind: "compare", runs: runs.map((run) => run.id) }} />}
      </div>
      {runs.length < ids.length && <p className="hint">{say("{count} of the runs in this link are not here, or are not yours to see.", { count: ids.length - runs.length })}</p>}
      {runs.length < 2 && <p className="hint">{say("Draw two runs or more among the runs, then Compare.")}</p>}
      {runs.length > 1 && <Differences runs={runs} shown={shown} hidden={every.length - shown.length} paint={paint} />}
      {runs.length > 1 && <Boundary name={say("Code")} when={named}><Suspense fallback={null}><CodeDiff runs={runs} /></Suspense></Boundary>}
      <Board chosen={runs} paint={paint} live={live} bare />
    </main>
  );
}

interface Props {
  runs: Run[];
  shown: Row[];
  hidden: number;
  paint: (id: string) => string;
}

function Differences({ runs, shown, hidden, paint }: Props) {
  return (
    <section className="card scroll spaced compare">
      <table>
        <thead>
          <tr><th>{say("What differs")}</th>{runs.map((run) => (
            <th key={run.id}><i className="swatch" style={{ background: paint(run.id) }} /><Link to={runHref(run.id)}>{run.display_name}</Link> <StatePill state={run.state} reason={run.reason} /></th>))}
          </tr>
        </thead>
        {(["run", "config", "summary"] as const).map((part) => {
          const found = shown.filter((row) => row.part === part);
          return found.length > 0 && (
            <tbody key={part}>
              <tr><th className="part" colSpan={runs.length + 1}>{say(PARTS[part])}</th></tr>
              {found.map((row) => (
                <tr key={row.name}>
                  <th scope="row">{row.name}</th>
                  {row.values.map((value, place) => (
                    <td key={runs[place]?.id} className={place === row.best ? "best" : ""}>{value === undefined ? <span className="hint">–</span> : format.value(value)}</td>))}
                </tr>))}
            </tbody>);
        })}
      </table>
      {hidden > 0 && <p className="hint">{say("{count} more are the same in all of them.", { count: hidden })}</p>}
    </section>
  );
}
