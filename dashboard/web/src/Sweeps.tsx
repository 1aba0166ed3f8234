/** All sweeps with a trial, with the best of each. */

import * as api from "./api";
import { href } from "./address";
import * as format from "./format";
import { Link } from "./Link";
import { useFollowed } from "./listed";
import type { Live } from "./live";
import { say } from "./say";

export function Sweeps({ live }: { live: Live }) {
  const { answer, error } = useFollowed((signal) => api.sweeps(signal), [], live.news);
  const found = answer?.sweeps ?? [];
  return (
    <main className="page">
      <div className="title"><h1>{say("Sweeps")}</h1></div>
      {error && <p className="problem" role="alert">{error}</p>}
      {!answer && !error && <p className="hint">{say("Reading …")}</p>}
      {answer && found.length === 0 && (
        <div className="welcome">
          <p>{say("No sweep has a trial yet.")}</p>
          <pre>kubectl apply -f examples/sweep.yaml</pre>
        </div>
      )}
      {found.length > 0 && (
        <div className="card scroll">
          <table>
            <thead><tr><th>{say("Sweep")}</th><th>{say("Namespace")}</th><th>{say("Method")}</th><th className="right">{say("Trials")}</th><th className="right">{say("Running")}</th><th className="right">{say("Stopped early")}</th><th className="right">{say("Failed")}</th><th>{say("Metric")}</th><th className="right">{say("Best")}</th><th>{say("Parameters of the best")}</th></tr></thead>
            <tbody>{found.map((item) => (
              <tr key={item.id}>
                <td><Link to={href("sweeps", item.id)}>{item.name}</Link></td><td>{item.namespace}</td><td>{item.method}</td>
                <td className="right">{item.trials}</td><td className="right">{item.running || ""}</td><td className="right">{item.pruned || ""}</td>
                <td className={item.failed ? "right bad" : "right"}>{item.failed || ""}</td>
                <td>{item.metric ? `${item.metric}, ${item.goal}` : ""}</td><td className="right">{format.value(item.value)}</td>
                <td className="long">{Object.entries(item.parameters ?? {}).map(([key, value]) => `${key} ${format.value(value)}`).join(", ")}</td>
              </tr>))}
            </tbody>
          </table>
        </div>
      )}
    </main>
  );
}
