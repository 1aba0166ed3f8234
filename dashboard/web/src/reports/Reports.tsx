/** All reports that the reader sees, by project, and the way to a new one. */

import { href, useParameter } from "../address";
import * as format from "../format";
import { Link } from "../Link";
import { useAnswer } from "../live";
import { say } from "../say";
import * as client from "./client";

export default function Reports() {
  const { answer, error } = useAnswer((signal) => client.list(signal), []);
  const [project, setProject] = useParameter("project", "");
  const every = answer?.reports ?? [];
  const projects = [...new Set(every.map((item) => item.project))].sort();
  const shown = project ? every.filter((item) => item.project === project) : every;
  return (
    <main className="page">
      <div className="title">
        <h1>{say("Reports")}</h1>
        <span className="spacer" />
        {projects.length > 1 && (
          <select aria-label={say("Project")} value={project} onChange={(event) => setProject(event.target.value)}>
            <option value="">{say("All projects")}</option>
            {projects.filter(Boolean).map((name) => <option key={name}>{name}</option>)}
          </select>)}
        <Link to="/reports/new" className="action">{say("New report")}</Link>
      </div>
      {error && <p className="problem" role="alert">{error}</p>}
      {!answer && !error && <p className="hint">{say("Reading …")}</p>}
      {answer && every.length === 0 && (
        <div className="welcome">
          <p>{say("No reports yet. A report is Markdown with live panels of runs; it lies in the bucket as a plain file, each version of it.")}</p>
        </div>
      )}
      {shown.length > 0 && (
        <div className="card scroll spaced">
          <table>
            <thead><tr><th>{say("Report")}</th><th>{say("Project")}</th><th>{say("Namespace")}</th><th className="right">{say("Version")}</th><th>{say("Saved")}</th><th>{say("By")}</th></tr></thead>
            <tbody>{shown.map((item) => (
              <tr key={item.id}>
                <td><Link to={href("reports", item.id)}>{item.title}</Link></td><td>{item.project}</td><td>{item.namespace}</td>
                <td className="right">{item.read_only ? <span className="pill">Git</span> : item.version}</td><td>{format.moment(item.saved_at)}</td><td>{item.saved_by}</td>
              </tr>))}
            </tbody>
          </table>
        </div>
      )}
    </main>
  );
}
