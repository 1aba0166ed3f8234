/** Runs and some of their values as a small table. */

import type { Run } from "../api";
import { runHref } from "../address";
import { read, short } from "../fields";
import * as format from "../format";
import { Link } from "../Link";
import { say } from "../say";
import { StatePill } from "../StatePill";

export function RunGrid({ runs, names }: { runs: Run[]; names: string[] }) {
  const told = (run: Run, name: string) => { const value = read(run, name); return name === "took" && typeof value === "number" ? format.duration(value) : format.value(value); };
  const right = new Set(names.filter((name) => runs.every((run) => typeof (read(run, name) ?? 0) === "number")));
  const side = (name: string) => (right.has(name) ? "right" : "");
  return (
    <div className="scroll">
      <table>
        <thead><tr><th>{say("Run")}</th><th>{say("State")}</th>{names.map((name) => <th key={name} className={side(name)}>{short(name)}</th>)}</tr></thead>
        <tbody>{runs.map((run) => (
          <tr key={run.id}>
            <td><Link to={runHref(run.id)}>{run.display_name}</Link></td><td><StatePill state={run.state} reason={run.reason} /></td>
            {names.map((name) => <td key={name} className={side(name)}>{told(run, name)}</td>)}
          </tr>))}
        </tbody>
      </table>
    </div>
  );
}
