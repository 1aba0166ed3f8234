/** One sweep: the best so far, which parameters matter, its trials as lines through them, those that run among them, and why each was stopped. */

import { useEffect, useMemo, useState } from "react";
import { Absent } from "./Absent";
import * as api from "./api";
import type { State, SweepDetail, Trial } from "./api";
import { runHref, useParameter } from "./address";
import { Back } from "./Back";
import * as format from "./format";
import { Importance } from "./Importance";
import { Link } from "./Link";
import { useFollowed } from "./listed";
import type { Live } from "./live";
import { Parallel } from "./Parallel";
import { Progress } from "./Progress";
import { Share } from "./Share";
import { lively, ranked, running } from "./trials";
import { say } from "./say";
import { StatePill } from "./StatePill";
import { inside } from "./stretches";

/** Until what a trial found is written down, when it is over. */
const AGAIN_MILLISECONDS = 3000;
const OVER: ReadonlySet<string> = new Set(["finished", "failed", "killed"]);

export function SweepPage({ id, live, dark }: { id: string; live: Live; dark: boolean }) {
  const { sweep, error } = useSweep(id, live);
  const [axes] = useParameter("axes", "");
  const chosen = useMemo(() => (sweep ? inside(sweep, axes, sweep.metric ?? say("value")) : null), [sweep, axes]);
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
        <Parallel sweep={sweep} at={at} onAt={setAt} />
      </section>
      <Trials sweep={sweep} trials={shown} of={trials.length} at={at} onAt={setAt} />
    </main>
  );
}

/** The sweep as it is now: values as they are heard, and asked for again when its runs moved, or one of them is over and not written down. */
function useSweep(id: string, live: Live): { sweep?: SweepDetail | undefined; error?: string | undefined } {
  const [times, setTimes] = useState(0);
  const { answer, error } = useFollowed((signal) => api.sweep(id, signal), [id], live.news + times);
  const sweep = useMemo(() => answer && lively(answer, live.byId), [answer, live.byId]);
  const isPending = sweep?.running_list.some((trial) => OVER.has(trial.state)) ?? false;
  useEffect(() => {
    const timer = isPending ? window.setInterval(() => setTimes((count) => count + 1), AGAIN_MILLISECONDS) : 0;
    return () => window.clearInterval(timer);
  }, [isPending]);
  return { sweep, error };
}

function Facts({ sweep }: { sweep: SweepDetail }) {
  const facts: [string, string][] = [
    [say("Method"), sweep.method],
    [say("Metric"), sweep.metric ? `${sweep.metric}, ${sweep.goal}` : ""],
    [say("Trials"), say("{count}: {succeeded} to the end, {pruned} stopped early, {failed} failed", { count: sweep.trials, succeeded: sweep.succeeded, pruned: sweep.pruned, failed: sweep.failed }) + (sweep.running_list.length ? say("; {count} still run", { count: sweep.running_list.length }) : "")],
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

const WORD: Partial<Record<Trial["state"], string>> = { succeeded: "finished", pruned: "killed" };

/** Those that run first, in the order in which they began; then the others from the best on. */
function listed(trials: Trial[], live: ReadonlySet<string>): Trial[] {
  const here = trials.filter((trial) => live.has(trial.id)).sort((a, b) => a.index - b.index);
  return [...here, ...trials.filter((trial) => !live.has(trial.id))];
}

function Trials({ sweep, trials, of, at, onAt }: TrialsProps) {
  const live = running(sweep);
  const names = [...new Set(trials.flatMap((trial) => Object.keys(trial.parameters)))];
  return (
    <section className="card scroll">
      <h2>{say("Trials")} <span className="count">{trials.length === of ? of : say("{shown} of {count}", { shown: trials.length, count: of })}</span></h2>
      <table>
        <thead><tr><th>{say("Trial")}</th><th>{say("State")}</th><th className="right">{sweep.metric ?? say("value")}</th>{names.map((name) => <th key={name} className="right">{name}</th>)}<th>{say("Why it was stopped")}</th><th className="right">{say("Took")}</th></tr></thead>
        <tbody>{listed(trials, live).map((trial) => (
          <tr key={trial.id} className={trial.id === at ? "at" : ""} onMouseEnter={() => onAt(trial.id)} onMouseLeave={() => onAt(null)}>
            <td><Link to={runHref(trial.id)}>{trial.name}</Link>{trial.name === sweep.best ? " ★" : ""}</td>
            <td>{live.has(trial.id) ? <StatePill state={trial.state as State} reason="" /> : <span className={`pill ${WORD[trial.state] ?? trial.state}`}>{trial.state === "pruned" ? say("stopped early") : trial.state}</span>}</td>
            <td className="right" title={live.has(trial.id) ? say("the newest value") : undefined}>{format.value(trial.value)}{live.has(trial.id) && trial.value !== null ? " …" : ""}</td>
            {names.map((name) => <td key={name} className="right">{format.value(trial.parameters[name])}</td>)}
            <td>{trial.message}</td>
            <td className="right">{trial.started_at && trial.finished_at ? format.duration((Date.parse(trial.finished_at) - Date.parse(trial.started_at)) / 1000) : ""}</td>
          </tr>))}
        </tbody>
      </table>
    </section>
  );
}
