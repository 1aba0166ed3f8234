/** Charts of the chosen runs, a section for each part before the first `/` of a metric's name. */

import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useParameter } from "./address";
import { Boundary } from "./Boundary";
import { Chart } from "./Chart";
import type { Live } from "./live";
import { named, names } from "./panels/arrangement";
import { Arranged } from "./panels/Arranged";
import { useLayout, type Layout } from "./panels/layout";
import type { Sections } from "./panels/Menu";
import { metricOf, type Across, type Look } from "./plot";
import { MovingSmoothing } from "./moving";
import { later, say } from "./say";
import { Smoothing, useMovingSmoothing } from "./Smoothing";

const Grids = lazy(() => import("./panels/Grids"));

interface Props {
  ids: string[];
  /** None while it is not known yet. */
  keys: string[] | null;
  look: Omit<Look, "smoothing">;
  beat: number;
  kind?: "history" | "system";
  /** All runs, where there may be grids of other runs than `ids`. */
  others?: { live: Live; dark: boolean; places: ReadonlyMap<string, number> } | undefined;
  /** More for the toolbar. */
  children?: React.ReactNode;
}

const SIZES = { small: later("small"), medium: later("medium"), large: later("large") };
type Size = keyof typeof SIZES;
const HEIGHTS: Record<Size, number> = { small: 150, medium: 220, large: 340 };

export function Charts({ ids, keys, look: base, beat, kind = "history", others, children }: Props) {
  const [axis, setAxis] = useParameter("x", kind === "system" ? "elapsed" : "step");
  const [smoothing, setSmoothing] = useParameter("smooth", "0");
  const [log, setLog] = useParameter("log", "");
  const [search, setSearch] = useParameter("metric", "");
  const [large, setLarge] = useParameter("chart", "");
  const [closed, setClosed] = useParameter("closed", "");
  const [size, setSize] = useParameter("size", "medium");
  const [pinned, setPinned] = useParameter("pinned", "");
  const [grids, setGrids] = useParameter("grids", "");
  const [isAdding, setAdding] = useState(false);
  const layout = useLayout();
  const moving = useMovingSmoothing(smoothing, setSmoothing);
  const look = useMemo(() => ({ ...base, smoothing: Number(smoothing) || 0 }), [base, smoothing]);
  const wanted = (keys ?? []).filter((key) => key.toLowerCase().includes(search.toLowerCase()));
  const [isX, isY] = [log.includes("x"), log.includes("y")];
  const shared = { ids, look, axis: axis as Across, logX: isX, logY: isY, kind, beat };
  const every = names(pinned);
  const pins = every.filter((key) => (keys ?? []).includes(key));
  const pin = (key: string) => setPinned(named(every.includes(key) ? every.filter((item) => item !== key) : [...every, key]));
  const keep = (wanted: string[]) => setPinned(named([...wanted, ...every.filter((key) => !pins.includes(key))]));
  const found = new Set(wanted.filter((key) => !layout.hidden.includes(key)));
  const isSeen = (key: string) => found.has(key);
  const setLogs = (x: boolean, y: boolean) => setLog(`${x ? "x" : ""}${y ? "y" : ""}`);
  const height = HEIGHTS[size as Size] ?? HEIGHTS.medium;
  const panel = (key: string, high: number, tools: React.ReactNode) => (
    <Boundary name={key} when={`${axis} ${beat} ${ids.join()}`}><Chart title={key} {...shared} height={high} onOpen={() => setLarge(key)} pinned={pins.includes(key)} onPin={() => pin(key)} tools={tools} /></Boundary>);
  const arranged = { isSeen, layout, size, height, panel };
  const divided = sections((keys ?? []).filter((key) => !pins.includes(key)), kind, layout.section);
  const focus = useMoved();
  const to = (section: string) => (key: string): Sections => ({
    all: divided.map(([name]) => name), now: section, own: sectionOf(key, kind),
    move: (name) => { layout.move(key, name); setClosed(turned(closed, name || sectionOf(key, kind), true)); focus(key); },
  });
  return (
    <MovingSmoothing value={moving}><div className="charts">
      <div className="toolbar tight">
        <input type="search" placeholder={say("Find a metric")} aria-label={say("Find a metric")} value={search}
          onChange={(event) => setSearch(event.target.value)} />
        <label>x
          <select aria-label="x" value={axis} onChange={(event) => setAxis(event.target.value)}>
            <option value="step">{say("Step")}</option>
            <option value="elapsed">{say("Time since start")}</option>
            <option value="time">{say("Wall clock")}</option>
            {kind === "history" && (metricOf(axis as Across) && !keys?.includes(metricOf(axis as Across)) ? [metricOf(axis as Across), ...(keys ?? [])] : keys ?? []).map((key) => <option key={key} value={`metric:${key}`}>{key}</option>)}
          </select>
        </label>
        <Smoothing smoothing={smoothing} moving={moving} />
        <label><input type="checkbox" checked={isX} onChange={(event) => setLogs(event.target.checked, isY)} />{say("Log x")}</label>
        <label><input type="checkbox" checked={isY} onChange={(event) => setLogs(isX, event.target.checked)} />{say("Log y")}</label>
        {children}
        <select aria-label={say("Size of panels")} value={size} onChange={(event) => setSize(event.target.value)}>{(Object.keys(SIZES) as Size[]).map((name) => <option key={name} value={name}>{say(SIZES[name])}</option>)}</select>
        {others && <button onClick={() => setAdding(true)}>{say("Add a grid")}</button>}
      </div>
      {keys !== null && <Put layout={layout} keys={keys} />}
      {keys === null && <p className="hint">{say("Reading …")}</p>}
      {keys !== null && wanted.length === 0 && <p className="hint">{keys.length ? say("No metric matches “{search}”.", { search }) : ids.length ? say("No numbers have been logged yet.") : say("No run is drawn.")}</p>}
      {pins.some(isSeen) && <div className="kept"><Arranged {...arranged} keys={pins} order={keep} /></div>}
      {divided.filter(([, members]) => members.some(isSeen)).map(([name, members]) => (
        <Section key={name} name={name} count={members.filter(isSeen).length} isOpen={!closed.split(",").includes(name)} turn={(isOpen) => setClosed(turned(closed, name, isOpen))}>
          <Arranged {...arranged} keys={members} sections={to(name)} />
        </Section>
      ))}
      {others && (grids || isAdding) && (
        <Suspense fallback={<p className="hint">{say("Reading …")}</p>}>
          <Grids text={grids} setText={setGrids} isAdding={isAdding} added={() => setAdding(false)} {...others} shared={shared} size={size} height={height} />
        </Suspense>)}
      {large !== "" && (
        <dialog open className="large" onClick={(event) => event.target === event.currentTarget && setLarge("")}
          onKeyDown={(event) => event.key === "Escape" && setLarge("")}>
          <div>
            <button autoFocus className="quiet close" onClick={() => setLarge("")} aria-label={say("Close")}>✕</button>
            <Boundary name={large}><Chart title={large} {...shared} height={Math.max(280, window.innerHeight - 220)} /></Boundary>
          </div>
        </dialog>
      )}
    </div></MovingSmoothing>
  );
}

function turned(closed: string, name: string, isOpen: boolean): string {
  const left = closed.split(",").filter((item) => item && item !== name);
  return (isOpen ? left : [...left, name]).join(",");
}

/** What is not as it is by itself: panels to have again, and the way back. */
function Put({ layout, keys }: { layout: Layout; keys: string[] }) {
  const hidden = layout.hidden.filter((key) => keys.includes(key));
  if (layout.isAutomatic) return null;
  return (
    <div className="put hint">
      {hidden.length > 0 && <>{say("Hidden:")} {hidden.map((key) => <button key={key} className="tag" aria-label={say("Show {title}", { title: key })} onClick={() => layout.show(key)}>＋ {key}</button>)}</>}
      <button className="quiet" onClick={layout.reset}>{say("Automatic layout")}</button>
    </div>
  );
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
      {children}
    </details>
  );
}

/** A browser forgets the focus of what moves to another section: whoever moved it has it again there. */
function useMoved(): (key: string) => void {
  const wanted = useRef("");
  useEffect(() => {
    const found = wanted.current && [...document.querySelectorAll<HTMLElement>("[data-panel]")].find((cell) => cell.dataset.panel === wanted.current);
    if (!found) return;
    wanted.current = "";
    found.querySelector<HTMLElement>(".grip")?.focus();
    found.scrollIntoView({ block: "nearest" });
  });
  return (key) => { wanted.current = key; };
}

/** The section of a metric: what stands before the first `/`; of the system load, which has names such as `gpu.0.temp`, its part of the machine. */
function sectionOf(key: string, kind: "history" | "system"): string {
  const end = kind === "system" ? key.search(/[._]/) : key.indexOf("/");
  return end > 0 ? key.slice(0, end) : kind === "system" ? key : "metrics";
}

/** Metrics by their sections, or by those into which the reader moved them. */
export function sections(keys: string[], kind: "history" | "system" = "history", moved: (key: string) => string | undefined = () => undefined): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const key of keys) {
    const name = moved(key) ?? sectionOf(key, kind);
    found.set(name, [...(found.get(name) ?? []), key]);
  }
  return [...found].sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b));
}

/** What people look at first. */
const EARLY = /^(train|training|val|valid|validation|eval|test|gpu)$/i;

function rank(section: string): number {
  return section === "metrics" ? 0 : EARLY.test(section) ? 1 : 2;
}
