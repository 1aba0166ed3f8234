/** How much of a metric's ranks each parameter explains by itself. */

import type { SweepDetail } from "./api";
import { say } from "./say";

export function Importance({ found, none }: { found: SweepDetail["importance"]; none: string }) {
  return (
    <>
      {found.length === 0 && <p className="hint">{none}</p>}
      <ul className="bars">{found.map((item) => (
        <li key={item.parameter}>
          <span title={item.parameter}>{item.parameter}</span>
          <meter min={0} max={1} value={item.importance} aria-label={say("Importance of {parameter}", { parameter: item.parameter })} />
          <span className="right" title={say("Share of the metric's ranks that it explains")}>{item.importance.toFixed(2)}</span>
          <span className="right hint" title={say("Rank correlation with the metric")}>{item.correlation === null ? "" : `${item.correlation > 0 ? "↗" : "↘"} ${Math.abs(item.correlation).toFixed(2)}`}</span>
        </li>))}
      </ul>
      <p className="hint">{say("Share of the metric's ranks that a parameter explains by itself, and its rank correlation.")}</p>
    </>
  );
}
