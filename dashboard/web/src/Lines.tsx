/** All lines, the nights of CronJobs, with the word of the last night. */

import * as api from "./api";
import type { NightLine } from "./api";
import { href } from "./address";
import * as format from "./format";
import { Link } from "./Link";
import { useAnswer, type Live } from "./live";

export function Lines({ live }: { live: Live }) {
  const { answer, error } = useAnswer((signal) => api.lineList(signal), [live.runs.length]);
  const found = answer?.lines ?? [];
  return (
    <main className="page">
      <div className="title"><h1>Lines</h1><span className="place">nights of CronJobs</span></div>
      {error && <p className="problem" role="alert">{error}</p>}
      {!answer && !error && <p className="hint">Reading …</p>}
      {answer && found.length === 0 && (
        <div className="welcome">
          <p>No line has a night that is over. A CronJob that runs <code>chiplog retrain</code> begins one.</p>
          <pre>kubectl apply -f examples/nightly.yaml</pre>
        </div>
      )}
      {found.length > 0 && (
        <div className="card scroll">
          <table>
            <thead><tr><th>Line</th><th>Namespace</th><th className="right">Nights</th><th>Last night</th><th>Gates</th><th>Missed</th><th>What failed</th></tr></thead>
            <tbody>{found.map((line) => (
              <tr key={line.id}>
                <td><Link to={href("lines", line.id)}>{line.name}</Link></td><td>{line.namespace}</td><td className="right">{line.nights}</td>
                <td>{format.short(line.scheduled_at)}</td>
                <td><Verdict line={line} /></td>
                <td>{line.missed.length > 0 ? `${line.missed.length}, last ${format.day(line.missed[line.missed.length - 1] ?? "")}` : ""}</td>
                <td>{line.failed_gates.join("; ") || line.message}</td>
              </tr>))}
            </tbody>
          </table>
        </div>
      )}
    </main>
  );
}

export function Verdict({ line }: { line: NightLine }) {
  const bad = line.state === "finished" ? "gate failed" : line.state;
  return <span className={`pill ${line.holds ? "finished" : "failed"}`}>{line.holds ? "holds" : bad}</span>;
}
