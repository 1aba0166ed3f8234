/** One sweep: the best so far, which parameters matter, its trials as lines through them, and why each was stopped. */

import { useMemo, useState } from "react";
import { Absent } from "./Absent";
import * as api from "./api";
import type { SweepDetail, Trial } from "./api";
import { runHref } from "./address";
import { Back } from "./Back";
import * as format from "./format";
import { Importance } from "./Importance";
import { Link } from "./Link";
import { useAnswer, type Live } from "./live";
import { Parallel } from "./Parallel";
import { Progress } from "./Progress";
import { Share } from "./Share";
import { ranked } from "./trials";
import { say } from "./say";

export function SweepPage({ id, live, dark }: { id: string; live: Live; dark: boolean }) {
  const { answer: sweep, error } = useAnswer((signal) => api.sweep(id, signal), [id, live.total]);
  const [chosen, setChosen] = useState<Set<string> | null>(null);
  const [at, setAt] = useState<string | null>(null);
  const trials = useMemo(() => (sweep ? ranked(sweep) : []), [sweep]);
  if (!sweep && error) return <Absent why={error} to="/sweeps" back={say("All sweeps")} />;
  if (!sweep) return <main className="page"><p className="hint">{say("Reading the sweep …")}</p></main>;
  const shown = chosen ? trials.filter((trial) => chosen.has(trial.id)) : trials;
  return (
    <main className="page">
      <div className="title">
        <Back to="/sweeps">{say("All sweeps")}</Back>
        <h1>{sweep.name}</h1>
        <span className="place">{sweep.namespace} / {sweep.sweep}</span>
        <span className="spacer" />
        <Share what={{ kind: "sweep", id }} />
      </div>
      {error && <p className="problem" role="alert">{error}</p>}
      <div className="overview three spaced">
        <Facts sweep={sweep} />
        <section className="card">
          <h2>{say("What matters")}</h2>
          <Importance found={sweep.importance} none={say("No trial has a value yet.")} />
        </section>
        <Progress sweep={sweep} dark={dark} />
      </div>
      <section className="card spaced">
        <h2>{say("Parameters and {metric}", { metric: sweep.metric ?? say("value") })}</h2>
        <p className="hint">{say("Drag along an axis to choose a stretch of it; a click on the axis takes it back.")}</p>
        <Parallel sweep={sweep} at={at} onAt={setAt} onChosen={setChosen} />
      </section>
      <Trials sweep={sweep} trials={shown} of={trials.length} at={at} onAt={setAt} />
    </main>
  );
}

function Facts({ sweep }: { sweep: SweepDetail }) {
  const facts: [string, string][] = [
    [say("Method"), sweep.method],
    [say("Metric"), sweep.metric ? `${sweep.metric}, ${sweep.goal}` : ""],
    [say("Trials"), say("{count}: {succeeded} to the end, {pruned} stopped early, {failed} failed", { count: sweep.trials, succeeded: sweep.succeeded, pruned: sweep.pruned, failed: sweep.failed })],
    [say("Best"), sweep.best ? say("{value} by {trial}", { value: format.value(sweep.value), trial: sweep.best }) : say("No trial has a value yet.")],
    ...Object.entries(sweep.parameters ?? {}).map(([key, value]): [string, string] => [key, format.value(value)]),
  ];
  return (
    <section className="card">
      <h2>{say("Search")}</h2>
      <dl>{facts.filter(([, text]) => text).map(([term, text]) => <div key={term}><dt>{term}</dt><dd>{text}</dd></div>)}</dl>
    </section>
  );
}

interface TrialsProps {
  sweep: SweepDetail;
  trials: Trial[];
  of: number;
  at: string | null;
  onAt: (id: string | null) => void;
}

const WORD: Record<Trial["state"], string> = { succeeded: "finished", failed: "failed", pruned: "killed" };

function Trials({ sweep, trials, of, at, onAt }: TrialsProps) {
  const names = [...new Set(trials.flatMap((trial) => Object.keys(trial.parameters)))];
  return (
    <section className="card scroll">
      <h2>{say("Trials")} <span className="count">{trials.length === of ? of : say("{shown} of {count}", { shown: trials.length, count: of })}</span></h2>
      <table>
        <thead><tr><th>{say("Trial")}</th><th>{say("State")}</th><th className="right">{sweep.metric ?? say("value")}</th>{names.map((name) => <th key={name} className="right">{name}</th>)}<th>{say("Why it was stopped")}</th><th className="right">{say("Took")}</th></tr></thead>
        <tbody>{trials.map((trial) => (
          <tr key={trial.id} className={trial.id === at ? "at" : ""} onMouseEnter={() => onAt(trial.id)} onMouseLeave={() => onAt(null)}>
            <td><Link to={runHref(trial.id)}>{trial.name}</Link>{trial.name === sweep.best ? " ★" : ""}</td>
            <td><span className={`pill ${WORD[trial.state]}`}>{trial.state === "pruned" ? say("stopped early") : trial.state}</span></td>
            <td className="right">{format.value(trial.value)}</td>
            {names.map((name) => <td key={name} className="right">{format.value(trial.parameters[name])}</td>)}
            <td>{trial.message}</td>
            <td className="right">{trial.started_at && trial.finished_at ? format.duration((Date.parse(trial.finished_at) - Date.parse(trial.started_at)) / 1000) : ""}</td>
          </tr>))}
        </tbody>
      </table>
    </section>
  );
}
