/** Media of the chosen runs beside each other, by the keys that they were logged under: one slider goes through the steps of all. */

import { useMemo } from "react";
import * as api from "../api";
import type { File, Run } from "../api";
import { runHref, useParameter } from "../address";
import { Boundary } from "../Boundary";
import * as format from "../format";
import { Link } from "../Link";
import { useAnswer } from "../live";
import { Histograms, Shown } from "../MediaView";
import { logged, named, rowAt, stepsOf, type Kind, type Row } from "../media";
import { say } from "../say";

/** Of more runs each is asked for its rows and files, and nobody can look at so many. */
const MOST = 8;

interface Props { runs: Run[]; paint: (id: string) => string; beat: number; dark: boolean }

export default function Beside({ runs, paint, beat, dark }: Props) {
  const [closed, setClosed] = useParameter("closed", "");
  const keys = useMemo(() => [...new Map(runs.flatMap((run) => logged(run.summary)))].sort(([a], [b]) => a.localeCompare(b)), [runs]);
  const isOpen = !closed.split(",").includes("media");
  const left = closed.split(",").filter((name) => name && name !== "media");
  if (keys.length === 0) return null;
  return (
    <details open={isOpen} className="section" onToggle={(event) => event.currentTarget.open !== isOpen && setClosed((event.currentTarget.open ? left : [...left, "media"]).join(","))}>
      <summary><h2>{say("media")}</h2><span className="count">{keys.length}</span></summary>
      {isOpen && <div className="grid of-large">{keys.map(([key, kind]) => {
        const having = runs.filter((run) => logged(run.summary).some(([name]) => name === key));
        return <Boundary key={key} name={key} when={`${beat}`}><Panel name={key} kind={kind} runs={having} paint={paint} beat={beat} dark={dark} /></Boundary>;
      })}</div>}
    </details>
  );
}

interface Told { run: Run; rows: Row[]; files: File[] }

function Panel({ name, kind, runs, ...shown }: Props & { name: string; kind: Kind }) {
  const asked = runs.slice(0, MOST);
  const ids = asked.map((run) => run.id).join();
  const read = async (run: Run, signal: AbortSignal): Promise<Told> => {
    const [rows, { files }] = await Promise.all([api.rows(run.id, name, signal), api.files(run.id, signal)]);
    return { run, rows: rows.filter((row) => row[name] !== undefined), files };
  };
  const { answer, error } = useAnswer((signal) => Promise.all(asked.map((run) => read(run, signal))), [ids, name, shown.beat]);
  return (
    <section className="chart" aria-label={name}>
      <header><h3 title={name}>{name}</h3></header>
      {error && <p className="problem" role="alert">{error}</p>}
      {!answer && !error && <p className="hint">{say("Reading …")}</p>}
      {answer && <AtStep name={name} kind={kind} told={answer} {...shown} />}
      {runs.length > MOST && <p className="hint">{say("and {count} more", { count: runs.length - MOST })}</p>}
    </section>
  );
}

/** The newest of each until the reader moves the slider; the step stands in the link. */
function AtStep({ name, kind, told, paint, dark }: { name: string; kind: Kind; told: Told[]; paint: (id: string) => string; dark: boolean }) {
  const [wanted, setWanted] = useParameter("at", "");
  const steps = stepsOf(told.map(({ rows }) => rows));
  const last = steps.length - 1;
  const at = wanted === "" ? last : Math.max(0, steps.findLastIndex((step) => step <= Number(wanted)));
  const isStepped = kind !== "histogram";
  return (
    <>
      {isStepped && (
        <div className="steps">
          <input type="range" min={0} max={Math.max(0, last)} value={Math.max(0, at)} disabled={last < 1} aria-label={say("Step of {name}", { name })} aria-valuetext={String(steps[at] ?? "")}
            onChange={(event) => setWanted(Number(event.target.value) === last ? "" : String(steps[Number(event.target.value)]))} />
          <output>{say("step {step}", { step: String(steps[at] ?? "") })}</output>
        </div>)}
      <div className="beside">{told.map(({ run, rows, files }) => {
        const row = rowAt(rows, wanted === "" ? Infinity : Number(wanted));
        return (
          <div key={run.id}>
            <h4><span className="mark" style={{ background: paint(run.id) }} aria-hidden="true" /><Link to={runHref(run.id)}>{run.display_name}</Link>{isStepped && row && row._step !== steps[at] && <span className="hint">{say("step {step}", { step: format.number(row._step ?? 0) })}</span>}</h4>
            {!isStepped ? <Histograms rows={rows} name={name} dark={dark} /> : row
              ? <div className="shown">{named(row[name]).map((item, place) => <Shown key={place} id={run.id} name={name} kind={kind} item={item} files={files} config={run.config} dark={dark} />)}</div>
              : <p className="hint">{say("Nothing.")}</p>}
          </div>);
      })}
      </div>
    </>
  );
}
