/** Charts of the chosen runs, a section for each part before the first `/` of a metric's name. */

import { useMemo, useState } from "react";
import type { Axis } from "./api";
import { useParameter } from "./address";
import { Chart } from "./Chart";
import type { Look } from "./plot";

interface Props {
  ids: string[];
  /** None while it is not known yet. */
  keys: string[] | null;
  look: Omit<Look, "smoothing">;
  beat: number;
  kind?: "history" | "system";
}

export function Charts({ ids, keys, look: base, beat, kind = "history" }: Props) {
  const [axis, setAxis] = useParameter("x", kind === "system" ? "elapsed" : "step");
  const [smoothing, setSmoothing] = useParameter("smooth", "0");
  const [log, setLog] = useParameter("log", "");
  const [search, setSearch] = useParameter("metric", "");
  const [large, setLarge] = useState<string | null>(null);
  const look = useMemo(() => ({ ...base, smoothing: Number(smoothing) || 0 }), [base, smoothing]);
  const wanted = (keys ?? []).filter((key) => key.toLowerCase().includes(search.toLowerCase()));
  const shared = { ids, look, axis: axis as Axis, logY: log === "y", kind, beat };
  return (
    <div className="charts">
      <div className="toolbar">
        <input type="search" placeholder="Find a metric" aria-label="Find a metric" value={search}
          onChange={(event) => setSearch(event.target.value)} />
        <label>x
          <select value={axis} onChange={(event) => setAxis(event.target.value)}>
            <option value="step">Step</option>
            <option value="elapsed">Time since start</option>
            <option value="time">Wall clock</option>
          </select>
        </label>
        <label>Smoothing
          <input type="range" min="0" max="0.99" step="0.01" value={smoothing}
            onChange={(event) => setSmoothing(event.target.value)} />
          <output>{Number(smoothing).toFixed(2)}</output>
        </label>
        <label><input type="checkbox" checked={log === "y"} onChange={(event) => setLog(event.target.checked ? "y" : "")} />Log y</label>
      </div>
      {keys === null && <p className="hint">Reading …</p>}
      {keys !== null && wanted.length === 0 && <p className="hint">{keys.length ? `No metric matches “${search}”.` : "No numbers have been logged yet."}</p>}
      {sections(wanted).map(([name, members]) => (
        <Section key={name} name={name} count={members.length}>
          {members.map((key) => <Chart key={key} title={key} {...shared} onOpen={() => setLarge(key)} />)}
        </Section>
      ))}
      {large !== null && (
        <dialog open className="large" onClick={(event) => event.target === event.currentTarget && setLarge(null)}
          onKeyDown={(event) => event.key === "Escape" && setLarge(null)}>
          <div>
            <button autoFocus className="quiet close" onClick={() => setLarge(null)} aria-label="Close">✕</button>
            <Chart title={large} {...shared} height={Math.max(280, window.innerHeight - 220)} />
          </div>
        </dialog>
      )}
    </div>
  );
}

function Section({ name, count, children }: { name: string; count: number; children: React.ReactNode }) {
  return (
    <details open className="section">
      <summary><h2>{name}</h2><span className="count">{count}</span></summary>
      <div className="grid">{children}</div>
    </details>
  );
}

export function sections(keys: string[]): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const key of keys) {
    const slash = key.indexOf("/");
    const name = slash > 0 ? key.slice(0, slash) : "metrics";
    found.set(name, [...(found.get(name) ?? []), key]);
  }
  return [...found].sort(([a], [b]) => (a === "metrics" ? -1 : b === "metrics" ? 1 : a.localeCompare(b)));
}
