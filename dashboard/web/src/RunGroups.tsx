/** Runs taken together by a value of theirs: how many, in which state, and what their numbers are like. */

import { useMemo } from "react";
import type { Run } from "./api";
import { foundHref } from "./address";
import { aggregate, groupsOf, meaning, type Column } from "./columns";
import { short } from "./fields";
import * as format from "./format";
import { Link } from "./Link";
import { say } from "./say";

const MOST = 500;

interface Props {
  runs: Run[];
  columns: Column[];
  name: string;
}

export function RunGroups({ runs, columns, name }: Props) {
  const groups = useMemo(() => groupsOf(runs, name), [runs, name]);
  const numbers = columns.filter((column) => column.right);
  return (
    <div className="table grouped" tabIndex={0}>
      <table>
        <thead><tr><th>{short(name)}</th><th className="right">{say("Runs")}</th><th className="right">{say("Running")}</th><th className="right">{say("Failed")}</th>{numbers.map((column) => <th key={column.name} className="right">{short(column.name)}</th>)}</tr></thead>
        <tbody>{groups.slice(0, MOST).map((group) => (
          <tr key={JSON.stringify(group.value ?? null)}>
            <td><Link to={`${foundHref(meaning(name, group.value))}&view=table`}>{format.value(group.value) || "–"}</Link></td>
            <td className="right">{group.runs.length.toLocaleString("en-US")}</td>
            <td className="right">{count(group.runs, ["running"])}</td><td className="right">{count(group.runs, ["failed", "killed"])}</td>
            {numbers.map((column) => <td key={column.name} className="right"><Aggregate runs={group.runs} column={column} /></td>)}
          </tr>))}
        </tbody>
      </table>
      {groups.length > MOST && <p className="hint">{say("and {count} more", { count: groups.length - MOST })}</p>}
    </div>
  );
}

const count = (runs: Run[], states: string[]) => runs.filter((run) => states.includes(run.state)).length || "";

/** The mean, and below it from where to where. */
function Aggregate({ runs, column }: { runs: Run[]; column: Column }) {
  const found = aggregate(runs, column);
  if (!found) return null;
  const told = (value: number) => (column.name === "took" ? format.duration(value) : format.number(value));
  return <>{told(found.mean)}{found.low !== found.high && <small>{told(found.low)} – {told(found.high)}</small>}</>;
}
