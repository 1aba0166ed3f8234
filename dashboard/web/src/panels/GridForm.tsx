/** What a grid is asked to show: its runs by an expression, how they are drawn, and which metrics; it saves nothing by itself. */

import { useState } from "react";
import { useQuestion, useRows } from "../listed";
import type { Live } from "../live";
import { KINDS } from "../reports/panels";
import { later, say } from "../say";
import { MOST_RUNS, type Grid } from "./arrangement";

const KIND = { curves: later("curves"), table: later("as a table"), scatter: later("points"), bar: later("bars"), parallel: later("parallel lines"), importance: later("importance") };
/** How many names a kind cannot do without, and what they are. */
const NEEDED = { curves: 0, table: 0, scatter: 2, bar: 1, parallel: 0, importance: 1 };
const LIKE = { curves: "train/loss, val/loss", table: "config.lr, summary.loss", scatter: "config.lr, summary.loss", bar: "summary.loss", parallel: "config.lr, config.batch, summary.loss", importance: "summary.loss" };

interface Props { grid: Grid; live: Live; save: (grid: Grid) => void; close: () => void }

export function GridForm({ grid, live, save, close }: Props) {
  const [said, setSaid] = useState({ ...grid, keys: grid.keys.join(", ") });
  const { total, problem } = useRows(useQuestion(said.runs, { show: "current" }), 1, live);
  const keys = said.keys.split(",").map((key) => key.trim()).filter(Boolean);
  const missing = keys.length < NEEDED[said.kind];
  const sent = (event: React.FormEvent) => { event.preventDefault(); if (!missing && !problem) save({ ...said, title: said.title.trim(), runs: said.runs.trim(), keys }); };
  return (
    <form className="card grid-form" onSubmit={sent} onKeyDown={(event) => event.key === "Escape" && close()} aria-label={say("A grid of its own runs")}>
      <label className="field wide">{say("Runs")}<input autoFocus value={said.runs} spellCheck={false} placeholder={say("Words, or config.lr < 0.1 order by summary.loss")} aria-invalid={problem !== ""} onChange={(event) => setSaid({ ...said, runs: event.target.value })} /></label>
      <label className="field">{say("At most")}<input type="number" min={1} max={MOST_RUNS} value={said.limit} onChange={(event) => setSaid({ ...said, limit: Number(event.target.value) })} /></label>
      <label className="field">{say("Drawn as")}
        <select value={said.kind} onChange={(event) => setSaid({ ...said, kind: KINDS.find((kind) => kind === event.target.value) ?? "curves" })}>{KINDS.map((kind) => <option key={kind} value={kind}>{say(KIND[kind])}</option>)}</select>
      </label>
      <label className="field wide">{say("Metrics")}<input value={said.keys} spellCheck={false} placeholder={said.kind === "curves" ? say("all of them, or {names}", { names: LIKE.curves }) : LIKE[said.kind]} onChange={(event) => setSaid({ ...said, keys: event.target.value })} /></label>
      <label className="field wide">{say("Title")}<input value={said.title} maxLength={120} onChange={(event) => setSaid({ ...said, title: event.target.value })} /></label>
      {problem && <pre className="problem" role="alert">{problem}</pre>}
      <p className="hint">{missing ? say("It needs names, such as {names}.", { names: LIKE[said.kind] }) : say("{count} runs", { count: Math.min(total ?? 0, said.limit || 1) })}</p>
      <div className="toolbar"><button className="primary" disabled={missing || problem !== ""}>{say("Draw it")}</button><button type="button" className="quiet" onClick={close}>{say("Cancel")}</button></div>
    </form>
  );
}
