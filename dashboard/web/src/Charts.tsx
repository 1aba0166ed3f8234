/** Charts of the chosen runs, a section for each part before the first `/` of a metric's name. */

import { useMemo } from "react";
import type { Axis } from "./api";
import { useParameter } from "./address";
import { Boundary } from "./Boundary";
import { Chart } from "./Chart";
import type { Look } from "./plot";
import { say } from "./say";

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
  const [large, setLarge] = useParameter("chart", "");
  const [closed, setClosed] = useParameter("closed", "");
  const look = useMemo(() => ({ ...base, smoothing: Number(smoothing) || 0 }), [base, smoothing]);
  const wanted = (keys ?? []).filter((key) => key.toLowerCase().includes(search.toLowerCase()));
  const shared = { ids, look, axis: axis as Axis, logY: log === "y", kind, beat };
  return (
    <div className="charts">
      <div className="toolbar">
        <input type="search" placeholder={say("Find a metric")} aria-label={say("Find a metric")} value={search}
          onChange={(event) => setSearch(event.target.value)} />
        <label>x
          <select value={axis} onChange={(event) => setAxis(event.target.value)}>
            <option value="step">{say("Step")}</option>
            <option value="elapsed">{say("Time since start")}</option>
            <option value="time">{say("Wall clock")}</option>
          </select>
        </label>
        <label>{say("Smoothing")}
          <input type="range" min="0" max="0.99" step="0.01" value={smoothing}
            onChange={(event) => setSmoothing(event.target.value)} />
          <output>{Number(smoothing).toFixed(2)}</output>
        </label>
        <label><input type="checkbox" checked={log === "y"} onChange={(event) => setLog(event.target.checked ? "y" : "")} />{say("Log y")}</label>
      </div>
      {keys === null && <p className="hint">{say("Reading …")}</p>}
      {keys !== null && wanted.length === 0 && <p className="hint">{keys.length ? say("No metric matches “{search}”.", { search }) : say("No numbers have been logged yet.")}</p>}
      {sections(wanted).map(([name, members]) => (
        <Section key={name} name={name} count={members.length} isOpen={!closed.split(",").includes(name)} turn={(isOpen) => setClosed(turned(closed, name, isOpen))}>
          {members.map((key) => (
            <Boundary key={key} name={key} when={`${axis} ${beat} ${ids.join()}`}><Chart title={key} {...shared} onOpen={() => setLarge(key)} /></Boundary>))}
        </Section>
      ))}
      {large !== "" && (
        <dialog open className="large" onClick={(event) => event.target === event.currentTarget && setLarge("")}
          onKeyDown={(event) => event.key === "Escape" && setLarge("")}>
          <div>
            <button autoFocus className="quiet close" onClick={() => setLarge("")} aria-label={say("Close")}>✕</button>
            <Boundary name={large}><Chart title={large} {...shared} height={Math.max(280, window.innerHeight - 220)} /></Boundary>
          </div>
        </dialog>
      )}
    </div>
  );
}

function turned(closed: string, name: string, isOpen: boolean): string {
  const left = closed.split(",").filter((item) => item && item !== name);
  return (isOpen ? left : [...left, name]).join(",");
}

interface SectionProps {
  name: string;
  count: number;
  isOpen: boolean;
  turn: (isOpen: boolean) => void;
  children: React.ReactNode;
}

function Section({ name, count, isOpen, turn, children }: SectionProps) {
  return (
    <details open={isOpen} className="section" onToggle={(event) => event.currentTarget.open !== isOpen && turn(event.currentTarget.open)}>
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
