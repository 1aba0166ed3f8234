/** A list of runs as a table: sorted by any column; columns are chosen, kept in sight and made wider by the reader; what is shown as a file. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { Actions } from "./Actions";
import * as api from "./api";
import type { Picked, Question, Run } from "./api";
import { go, runHref, useParameter } from "./address";
import { columnsOf, FIRST, laid, LEAST_WIDTH, orderOf, widthsOf, written, type Column, type Laid } from "./columns";
import { short } from "./fields";
import * as format from "./format";
import { useListKeys } from "./keys";
import { useFollowed, useList } from "./listed";
import type { Live } from "./live";
import { notify } from "./notice";
import * as picked from "./picked";
import { RunGroups } from "./RunGroups";
import { say } from "./say";
import { StatePill } from "./StatePill";
import { Visiting } from "./visiting";
import * as writing from "./writing";

interface Props {
  question: Question;
  live: Live;
  show: string;
  setShow: (show: string) => void;
}

export function RunTable({ question, live, show, setShow }: Props) {
  const isVisit = useContext(Visiting) !== null;
  // Rows are chosen for what may be done with them, and whoever came by a link may do nothing.
  const before = isVisit ? 0 : PICK_WIDTH;
  const [at, setAt] = useState(-1);
  const [sort, setSort] = useParameter("sort", "");
  const [named, setNamed] = useParameter("columns", "");
  const [pinned, setPinned] = useParameter("kept", "name");
  const [sized, setSized] = useParameter("widths", "");
  const [grouped, setGrouped] = useParameter("by", "");
  const [choosing, setChoosing] = useState(false);
  const { answer } = useFollowed((signal) => api.fields(question, signal), [question], live.news);
  const every = useMemo(() => columnsOf(answer?.fields ?? []), [answer]);
  const chosen = named ? new Set(named.split(",")) : new Set([...FIRST, ...every.filter((item) => /^(config|summary)\./.test(item.name)).slice(0, 8).map((item) => item.name)]);
  const pins = new Set(pinned.split(","));
  const widths = widthsOf(sized);
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const columns = useMemo(() => laid(every.filter((item) => chosen.has(item.name)), pins, widths, before), [every, named, pinned, sized, before]);
  const order = orderOf(sort, every);
  const sorted = useMemo(() => ({ ...question, order }), [question, order]);
  const list = useList(sorted, live);
  const count = list.total ?? 0;
  const { picked: chosenRows, those, pick, all } = usePicked(question, live, isVisit);
  const holder = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count, getScrollElement: () => holder.current, estimateSize: () => 32, overscan: 8 });
  const seen = rows.getVirtualItems();
  const [first, last] = [seen[0]?.index ?? 0, seen.at(-1)?.index ?? 0];
  useEffect(() => list.see(first, last), [list.see, first, last]);
  const isAll = those.length > 0 && those.length >= count;
  useListKeys(count, list.at(at), at, (place) => { setAt(place); rows.scrollToIndex(place); }, isVisit ? undefined : pick);
  const pin = (name: string) => setPinned([...pins].filter((item) => item && item !== name).concat(pins.has(name) ? [] : [name]).join(",") || "-");
  const widen = (name: string, width: number) => setSized(written(new Map([...widths, [name, Math.max(LEAST_WIDTH, width)]])));
  const template = useMemo(() => ({ gridTemplateColumns: [...(before ? [before] : []), ...columns.map((item) => item.width)].map((width) => `${width}px`).join(" "), width: columns.reduce((sum, item) => sum + item.width, before) }), [columns, before]);
  const flip = (name: string) => setSort(sort === name ? `-${name}` : sort === `-${name}` ? "" : name);
  const choose = (name: string) => {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    setNamed(every.filter((item) => next.has(item.name)).map((item) => item.name).join(","));
  };
  return (
    <>
      <div className="toolbar">
        <button onClick={() => setChoosing(!choosing)} aria-expanded={choosing}>{say("Columns")}</button>
        <Files question={sorted} columns={columns} />
        <label>{say("Group by")}
          <select value={grouped} onChange={(event) => setGrouped(event.target.value)}>
            <option value="">{say("none")}</option>{every.filter((item) => GROUPING.test(item.name)).map((item) => <option key={item.name} value={item.name}>{short(item.name)}</option>)}
          </select>
        </label>
        {!isVisit && <select aria-label={say("Which runs are shown")} value={show} onChange={(event) => setShow(event.target.value)}>
          <option value="">{say("not archived")}</option><option value="archived">{say("archived")}</option><option value="deleted">{say("deleted")}</option>
        </select>}
        <span className="hint">{those.length > 0 ? say("{count} chosen", { count: those.length }) : ""}</span>
        {those.length > 0 && <Actions runs={those} />}
      </div>
      {choosing && <fieldset className="columns"><legend>{say("Columns")}</legend>{every.map((item) => (
        <label key={item.name}><input type="checkbox" checked={chosen.has(item.name)} onChange={() => choose(item.name)} />{item.name}
          {chosen.has(item.name) && <button className={pins.has(item.name) ? "quiet pinned" : "quiet"} aria-pressed={pins.has(item.name)} aria-label={say("Keep {name} in sight", { name: item.name })} onClick={() => pin(item.name)}>★</button>}</label>))}</fieldset>}
      {grouped && <RunGroups question={question} columns={columns} name={grouped} news={live.news} />}
      <div className="table" hidden={grouped !== ""} ref={holder} role="table" aria-label={say("Runs")} aria-rowcount={count} tabIndex={0}>
        <div className="row head" role="row" style={template}>
          {!isVisit && <span role="columnheader" className="pick stays"><input type="checkbox" aria-label={say("Choose all")} checked={isAll} onChange={() => all(!isAll)} /></span>}
          {columns.map((item) => (
            <div key={item.name} role="columnheader" className={item.left === null ? "cell" : "cell stays"} style={stay(item)}
              aria-sort={sort === item.name ? "ascending" : sort === `-${item.name}` ? "descending" : "none"}>
              <button className={item.right ? "right" : ""} title={item.name} onClick={() => flip(item.name)}>{short(item.name)}{sort === item.name ? " ↑" : sort === `-${item.name}` ? " ↓" : ""}</button>
              <Edge name={item.name} width={item.width} widen={(width) => widen(item.name, width)} />
            </div>))}
        </div>
        <div role="rowgroup" style={{ height: rows.getTotalSize(), width: template.width, position: "relative" }}>
          {seen.map((item) => {
            const run = list.at(item.index);
            return run
              ? <Row key={item.index} run={run} columns={columns} template={template} place={item.index} start={item.start} isAt={item.index === at} isPicked={chosenRows.has(run.id)} pick={isVisit ? undefined : pick} />
              : <div key={item.index} className="row coming" style={{ ...template, transform: `translateY(${item.start}px)` }} />;
          })}
        </div>
      </div>
    </>
  );
}

/** Runs that the reader has chosen, one by one or all of the list, also those that never were in sight; what may be done is done to those of them that the list has. */
function usePicked(question: Question, live: Live, isOff: boolean) {
  const [text, setText] = useParameter("picked", "");
  const first = useRef(isOff ? "" : text);
  const [wanted, setWanted] = useState<{ picks: picked.Picks; change: number }>({ picks: picked.NONE, change: 0 });
  const { picks: { ids }, change } = wanted;
  const failed = (error: Error) => notify({ text: error.message, isProblem: true });
  const ask = async (signal: AbortSignal): Promise<Picked[]> => {
    if (ids.size === 0) return [];
    const found = await api.picked(ids.size > picked.MOST_NAMED ? question : { ...question, only: [...ids] }, signal);
    return found.filter((run) => ids.has(run.id));
  };
  const { answer } = useFollowed(ask, [question, change], live.news);
  const set = useCallback((next: (old: picked.Picks) => picked.Picks) => setWanted((old) => ({ picks: next(old.picks), change: old.change + 1 })), []);
  const pick = useCallback((run: { id: string }) => set((old) => picked.turned(old, run.id)), [set]);
  // What a link chose is looked up once; whatever the reader chooses stands in the link.
  useEffect(() => {
    const { isAll, names } = picked.wanted(first.current);
    if (!first.current) return;
    void api.picked(isAll ? question : { ...question, only: names }).then((runs) => set(() => picked.had(first.current, runs.map((run) => run.id))), failed);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  useEffect(() => { if (change > 0) setText(picked.told(wanted.picks)); }, [change, wanted.picks, setText]);
  const all = (isWanted: boolean) => {
    if (!isWanted) set(() => picked.NONE);
    else void api.picked(question).then((runs) => set(() => picked.every(runs.map((run) => run.id))), failed);
  };
  return { picked: ids, those: ids.size > 0 ? answer ?? [] : [], pick, all };
}

/** What the list has, as files. */
function Files({ question, columns }: { question: Question; columns: Column[] }) {
  const [done, setDone] = useState<number | null>(null);
  const write = (made: writing.Format) => {
    setDone(0);
    writing.written(made, (offset, limit) => api.runs(question, offset, limit), setDone)
      .then((content) => writing.keep(made.name, content), (error: Error) => notify({ text: error.message, isProblem: true }))
      .finally(() => setDone(null));
  };
  return (
    <>
      <button disabled={done !== null} onClick={() => write(writing.csv(columns))}>CSV</button>
      <button disabled={done !== null} onClick={() => write(writing.json(columns))}>JSON</button>
      {done !== null && <span className="hint" role="status">{say("{count} runs written", { count: done })}</span>}
    </>
  );
}

interface RowProps {
  run: Run;
  columns: Laid[];
  template: React.CSSProperties;
  place: number;
  start: number;
  isAt: boolean;
  isPicked: boolean;
  /** Without it there is nothing to choose. */
  pick?: ((run: Run) => void) | undefined;
}

/** A row is drawn anew only where something of it has changed: a table that is scrolled moves its rows and draws the few that come. */
const Row = memo(function Row({ run, columns, template, place, start, isAt, isPicked, pick }: RowProps) {
  return (
    <div className={isAt ? "row at" : "row"} role="row" aria-selected={pick && isPicked} aria-rowindex={place + 1} style={{ ...template, transform: `translateY(${start}px)` }} onClick={() => go(runHref(run.id))}>
      {pick && <div role="cell" className="pick stays" onClick={(event) => event.stopPropagation()}><input type="checkbox" aria-label={say("Choose {name}", { name: run.display_name })} checked={isPicked} onChange={() => pick(run)} /></div>}
      {columns.map((column) => <div key={column.name} role="cell" style={stay(column)} className={[column.right ? "right" : "", column.left === null ? "" : "stays"].join(" ")}><Cell run={run} column={column} /></div>)}
    </div>
  );
});

function Cell({ run, column }: { run: Run; column: Column }) {
  if (column.name === "name") return <a href={runHref(run.id)} onClick={(event) => event.preventDefault()}>{run.display_name}</a>;
  if (column.name === "state") return <StatePill state={run.state} reason={run.reason} />;
  if (column.name === "started") return <>{format.short(run.started_at)}</>;
  const found = column.read(run);
  return <>{column.name === "took" && typeof found === "number" ? format.duration(found) : format.value(found)}</>;
}

const PICK_WIDTH = 34;
const STEP = 20;
/** What tells runs apart in few words: of numbers that are measured each run has its own. */
const GROUPING = /^(state|project|namespace|reason|config\..*)$/;

const stay = (column: Laid) => (column.left === null ? undefined : { left: column.left });

/** The edge of a column: dragged, or moved with the arrow keys. */
function Edge({ name, width, widen }: { name: string; width: number; widen: (width: number) => void }) {
  const begun = useRef<{ x: number; width: number } | null>(null);
  return (
    <span className="edge" role="separator" tabIndex={0} aria-orientation="vertical" aria-label={say("Width of {name}", { name })} aria-valuenow={width}
      onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); begun.current = { x: event.clientX, width }; }}
      onPointerMove={(event) => { if (begun.current) widen(begun.current.width + event.clientX - begun.current.x); }}
      onPointerUp={() => { begun.current = null; }}
      onKeyDown={(event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        event.preventDefault();
        widen(width + (event.key === "ArrowLeft" ? -STEP : STEP));
      }} />
  );
}
