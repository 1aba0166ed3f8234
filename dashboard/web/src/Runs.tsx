/** The team's runs on the left, their charts on the right; or all of them as one wide table. */

import { lazy, Suspense, useEffect, useMemo } from "react";
import * as api from "./api";
import type { Question, Run } from "./api";
import { useParameter } from "./address";
import { Charts } from "./Charts";
import { alone, namesOf, placesOf, toggled } from "./chosen";
import { compareHref, MOST_COMPARED } from "./Compare";
import { colour } from "./colours";
import { read, short, varied } from "./fields";
import * as format from "./format";
import * as colours from "./hues";
import { Link } from "./Link";
import { useList, useQuestion, useRows } from "./listed";
import { beatOf, useAnswer, type Live } from "./live";
import { logged } from "./media";
import { RunList, Welcome } from "./RunList";
import { RunTable } from "./RunTable";
import { Share } from "./Share";
import { shown } from "./words";
import { later, say } from "./say";

const Beside = lazy(() => import("./panels/Beside"));
const RunPlots = lazy(() => import("./plots/RunPlots"));

const FIRST = 10;
const VIEWS = { charts: later("charts"), plots: later("plots"), table: later("table") };
const MOST = 100;
const EMPTY = { current: later("Every run is archived or deleted."), archived: later("No run is archived."), deleted: later("No run is deleted.") };
const emptyOf = (show: string) => EMPTY[shown(show)];

export function Runs({ live, dark }: { live: Live; dark: boolean }) {
  const [search, setSearch] = useParameter("q", "");
  const [view, setView] = useParameter("view", "charts");
  const [show, setShow] = useParameter("show", "");
  const question = useQuestion(search, { show: shown(show) });
  const list = useList(question, live);
  const { chosen, places, toggle, only } = useChosen(question, live);
  const paint = (id: string) => colour(places.get(id) ?? 0, dark);
  const others = useMemo(() => ({ live, dark, places }), [live, dark, places]);
  return (
    <div className={view === "table" ? "runs wide" : "runs"}>
      <aside>
        <div className="toolbar">
          <input type="search" value={search} spellCheck={false} aria-label={say("Find runs")} aria-invalid={list.problem !== ""}
            placeholder={say("Find runs: words, or config.lr < 0.1")} onChange={(event) => setSearch(event.target.value)} />
          <div className="switch" role="group" aria-label={say("View")}>
            {(["charts", "plots", "table"] as const).map((name) => (
              <button key={name} aria-pressed={view === name} onClick={() => setView(name)}>{say(VIEWS[name])}</button>
            ))}
          </div>
          <Share what={{ kind: "view", question }} />
        </div>
        {list.problem && <pre className="problem" role="alert">{list.problem}</pre>}
        {!list.problem && list.total === 0 && (live.total ?? 0) > 0 && (
          <p className="hint" role="status">{search ? say("No run matches “{search}”.", { search }) : say(emptyOf(show))}
            {search && <> <button className="quiet" onClick={() => setSearch("")}>{say("Show all runs")}</button></>}</p>)}
        {live.trouble && <p className="problem" role="alert">{live.trouble}</p>}
        {view === "table"
          ? <RunTable question={question} live={live} show={show} setShow={setShow} />
          : <RunList list={list} chosen={places} paint={paint} toggle={toggle} only={only} />}
        <footer className="hint">{say("{shown} of {count} runs", { shown: format.number(list.total ?? 0), count: format.number(live.total ?? 0) })}{view === "table" ? "" : say(", {count} drawn", { count: chosen.length })}{view !== "table" && chosen.length > 1 && <> · <Link to={compareHref(chosen, places)}>{chosen.length > MOST_COMPARED ? say("Compare the first {count}", { count: MOST_COMPARED }) : say("Compare")}</Link></>}</footer>
      </aside>
      {view === "charts" && <Board chosen={chosen} paint={paint} live={live} others={others} />}
      {view === "plots" && <Suspense fallback={<main className="page" />}><RunPlots question={question} live={live} place={(id) => places.get(id) ?? -1} paint={(id) => (places.has(id) ? paint(id) : "var(--rest)")} /></Suspense>}
    </div>
  );
}

interface BoardProps {
  chosen: Run[];
  paint: (id: string) => string;
  live: Live;
  /** All runs, where there may be grids of others than those that were chosen. */
  others?: { live: Live; dark: boolean; places: ReadonlyMap<string, number> } | undefined;
  /** Without a page of its own around it. */
  bare?: boolean;
}

export function Board({ chosen, paint, live, others, bare = false }: BoardProps) {
  const ids = useMemo(() => chosen.map((run) => run.id), [chosen]);
  const beat = beatOf(live, ids);
  const ask = async (signal: AbortSignal) => ({ of: ids.length, keys: ids.length ? (await api.keys(ids, signal)).keys : [] });
  const { answer } = useAnswer(ask, [ids, beat]);
  // What was answered about no run says nothing about those that are chosen now.
  const keys = live.loaded && answer && (answer.of > 0 || ids.length === 0) ? answer.keys : null;
  const names = new Map(chosen.map((run) => [run.id, run.display_name]));
  const [grouped, setGrouped] = useParameter("group", "");
  const group = useMemo(() => (grouped ? grouping(chosen, grouped) : undefined), [chosen, grouped]);
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const look = useMemo(() => ({ colour: paint, name: (id: string) => names.get(id) ?? id, group }), [chosen, paint(""), group]);
  const fields = useMemo(() => [...new Set([...varied(chosen), "project", "state"])], [chosen]);
  if (live.loaded && live.total === 0) return <main className="page"><Welcome /></main>;
  const charts = (
    <Charts ids={ids} keys={keys} look={look} beat={beat} others={others}>
      <label>{say("Mean of")}
        <select value={grouped} onChange={(event) => setGrouped(event.target.value)}>
          <option value="">{say("none")}</option>
          {(fields.includes(grouped) || !grouped ? fields : [grouped, ...fields]).map((name) => <option key={name} value={name}>{short(name)}</option>)}
        </select>
      </label>
    </Charts>);
  if (bare) return charts;
  return (
    <main className="page">
      {charts}
      {others && chosen.some((run) => logged(run.summary).length > 0) && <Suspense fallback={null}><Beside runs={chosen} paint={paint} beat={beat} dark={others.dark} /></Suspense>}
    </main>);
}

/** The group of each run by a value of it, and how many are in it. */
function grouping(runs: Run[], name: string): (id: string) => string {
  const values = new Map(runs.map((run) => [run.id, format.value(read(run, name)) || "–"]));
  const counts = new Map<string, number>();
  for (const value of values.values()) counts.set(value, (counts.get(value) ?? 0) + 1);
  return (id) => { const value = values.get(id) ?? "–"; return `${short(name)} ${value} (${counts.get(value) ?? 0})`; };
}

/** Which runs are drawn: the first ten that are listed, until the reader chooses; the choice stands in the link, with its colours. */
function useChosen(question: Question, live: Live) {
  const [named, setNamed] = useParameter("runs", "");
  const [hues, setHues] = useParameter("hues", "");
  const asked = useMemo(() => (named ? { ...question, only: namesOf(named).length ? namesOf(named) : ["-"] } : question), [question, named]);
  const { runs: chosen, total } = useRows(asked, named ? MOST : FIRST, live);
  const { places, told } = useMemo(() => {
    if (named) return { places: placesOf(named, chosen), told: "" };
    const [ids, own, said] = [chosen.map((run) => run.id), colours.counted(total ?? 0), colours.huesOf(hues)];
    const found = colours.placed(ids, own, (id) => said.get(colours.nameOf(id)) ?? colours.givenTo(id));
    return { places: found, told: colours.told(ids, own, found) };
    // What stands in the link was looked at before: it follows from what is drawn here.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [named, chosen, total]);
  useEffect(() => {
    // While other runs are on their way those before them are here, and have no place in what was chosen.
    const mine = namesOf(named);
    colours.give(named ? new Map([...places].filter(([id]) => mine.includes(colours.nameOf(id)))) : places);
    if (total !== null && (named || chosen.length > 0)) setHues(told);
  }, [places, told, named, chosen, total, setHues]);
  const toggle = (run: Run) => setNamed(toggled(named, chosen, run, places, colours.givenTo(run.id)));
  return { chosen, places, toggle, only: (run: Run) => setNamed(alone(run, places.get(run.id) ?? colours.givenTo(run.id))) };
}
