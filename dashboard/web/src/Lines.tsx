/** All lines, the nights of CronJobs, with the word of the last night. */

import * as api from "./api";
import type { NightLine } from "./api";
import { href } from "./address";
import * as format from "./format";
import { Link } from "./Link";
import { useAnswer, type Live } from "./live";
import { say } from "./say";

export function Lines({ live }: { live: Live }) {
  const { answer, error } = useAnswer((signal) => api.lineList(signal), [live.total]);
  const found = answer?.lines ?? [];
  return (
    <main className="page">
      <div className="title"><h1>{say("Lines")}</h1><span className="place">{say("nights of CronJobs")}</span></div>
      {error && <p className="problem" role="alert">{error}</p>}
      {!answer && !error && <p className="hint">{say("Reading …")}</p>}
      {answer && found.length === 0 && (
        <div className="welcome">
          <p>{say("No line has a night that is over. A CronJob that runs chiplog retrain begins one.")}</p>
          <pre>kubectl apply -f examples/nightly.yaml</pre>
        </div>
      )}
      {found.length > 0 && (
        <div className="card scroll">
          <table>
            <thead><tr><th>{say("Line")}</th><th>{say("Namespace")}</th><th className="right">{say("Nights")}</th><th>{say("Last night")}</th><th>{say("Gates")}</th><th>{say("Missed")}</th><th>{say("What failed")}</th></tr></thead>
            <tbody>{found.map((line) => (
              <tr key={line.id}>
                <td><Link to={href("lines", line.id)}>{line.name}</Link></td><td>{line.namespace}</td><td className="right">{line.nights}</td>
                <td>{format.short(line.scheduled_at)}</td>
                <td><Verdict line={line} /></td>
                <td>{line.missed.length > 0 ? say("{count}, last {day}", { count: line.missed.length, day: format.day(line.missed[line.missed.length - 1] ?? "") }) : ""}</td>
                <td className="long">{line.failed_gates.join("; ") || line.message}</td>
              </tr>))}
            </tbody>
          </table>
        </div>
      )}
    </main>
  );
}

export function Verdict({ line }: { line: NightLine }) {
  const bad = line.state === "finished" ? say("gate failed") : line.state;
  return <span className={`pill ${line.holds ? "finished" : "failed"}`}>{line.holds ? say("holds") : bad}</span>;
}
