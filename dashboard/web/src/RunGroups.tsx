/** Runs taken together by a value of theirs: how many, in which state, and what their numbers are like. */

import * as api from "./api";
import type { Measured, Question } from "./api";
import { foundHref } from "./address";
import { fieldOf, meaning, type Column } from "./columns";
import { short } from "./fields";
import * as format from "./format";
import { Link } from "./Link";
import { useFollowed } from "./listed";
import { say } from "./say";

interface Props {
  question: Question;
  columns: Column[];
  name: string;
  news: number;
}

export function RunGroups({ question, columns, name, news }: Props) {
  const numbers = columns.filter((column) => column.right);
  const of = numbers.map((column) => column.field);
  const { answer, error } = useFollowed((signal) => api.groups(question, [fieldOf(name)], of, signal), [question, name, of], news);
  const groups = answer?.groups ?? [];
  return (
    <div className="table grouped" tabIndex={0}>
      {error && <p className="problem" role="alert">{error}</p>}
      <table>
        <thead><tr><th>{short(name)}</th><th className="right">{say("Runs")}</th><th className="right">{say("Running")}</th><th className="right">{say("Failed")}</th>{numbers.map((column) => <th key={column.name} className="right">{short(column.name)}</th>)}</tr></thead>
        <tbody>{groups.map((group) => (
          <tr key={JSON.stringify(group.values)}>
            <td><Link to={`${foundHref(meaning(name, group.values[0]))}&view=table`}>{format.value(group.values[0]) || "–"}</Link></td>
            <td className="right">{group.runs.toLocaleString("en-US")}</td>
            <td className="right">{group.running || ""}</td><td className="right">{group.failed || ""}</td>
            {numbers.map((column) => <td key={column.name} className="right"><Aggregate found={group.numbers[column.field]} name={column.name} /></td>)}
          </tr>))}
        </tbody>
      </table>
      {answer && answer.total > groups.length && <p className="hint">{say("and {count} more", { count: answer.total - groups.length })}</p>}
    </div>
  );
}

/** The mean, and below it from where to where. */
function Aggregate({ found, name }: { found: Measured | null | undefined; name: string }) {
  if (!found) return null;
  const told = (value: number) => (name === "took" ? format.duration(value) : format.number(value));
  return <>{told(found.mean)}{found.low !== found.high && <small>{told(found.low)} – {told(found.high)}</small>}</>;
}
