/** Runs by one of their values, the best first. */

import type { Run } from "../api";
import { runHref } from "../address";
import { number, short } from "../fields";
import * as format from "../format";
import { Link } from "../Link";
import { say } from "../say";
import { tone } from "./tone";

interface Props {
  runs: Run[];
  name: string;
  goal: string;
  most: number;
  place: (id: string) => number;
}

export function Bars({ runs, name, goal, most, place }: Props) {
  const sign = goal === "maximize" ? -1 : 1;
  const valued = runs.flatMap((run) => { const value = number(run, name); return value === undefined ? [] : [{ run, value }]; });
  valued.sort((a, b) => sign * (a.value - b.value));
  const shown = valued.slice(0, most);
  if (shown.length === 0) return <p className="hint">{say("No run has {name} as a number.", { name: short(name) })}</p>;
  const values = shown.map((item) => item.value);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const at = (value: number) => ((value - low) / (high - low || 1)) * 100;
  return (
    <>
      <ul className="bars runs-bars" aria-label={short(name)}>{shown.map(({ run, value }) => (
        <li key={run.id}>
          <Link to={runHref(run.id)} title={run.display_name}>{run.display_name}</Link>
          <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect className={tone(place(run.id))} x={Math.min(at(0), at(value))} y={0} width={Math.max(0.4, Math.abs(at(value) - at(0)))} height={10} /></svg>
          <span className="right">{format.number(value)}</span>
        </li>))}
      </ul>
      {valued.length > most && <p className="hint">{say("The best {shown} of {count}.", { shown: most, count: valued.length })}</p>}
    </>
  );
}
