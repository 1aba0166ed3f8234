/** All runs as a table: sorted by any column; columns are chosen, kept in sight and made wider by the reader; what is shown as a file. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useCallback, useMemo, useRef, useState } from "react";
import { Actions } from "./Actions";
import type { Run } from "./api";
import { go, runHref, useParameter } from "./address";
import { columnsOf, csv, FIRST, json, laid, LEAST_WIDTH, sortedBy, widthsOf, written, type Column, type Laid } from "./columns";
import { short } from "./fields";
import * as format from "./format";
import { useListKeys } from "./keys";
import { RunGroups } from "./RunGroups";
import { say } from "./say";
import { StatePill } from "./StatePill";

interface Props {
  runs: Run[];
  ordered: boolean;
  show: string;
  setShow: (show: string) => void;
}

export function RunTable({ runs, ordered, show, setShow }: Props) {
  const [picked, setPicked] = useState<Set<string>>(new Set());
  const [at, setAt] = useState(-1);
  const [sort, setSort] = useParameter("sort", "");
  const [named, setNamed] = useParameter("columns", "");
  const [pinned, setPinned] = useParameter("kept", "name");
  const [sized, setSized] = useParameter("widths", "");
  const [grouped, setGrouped] = useParameter("by", "");
  const [choosing, setChoosing] = useState(false);
  const every = useMemo(() => columnsOf(runs), [runs]);
  const chosen = named ? new Set(named.split(",")) : new Set([...FIRST, ...every.filter((item) => /^(config|summary)\./.test(item.name)).slice(0, 8).map((item) => item.name)]);
  const pins = new Set(pinned.split(","));
  const widths = widthsOf(sized);
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const columns = useMemo(() => laid(every.filter((item) => chosen.has(item.name)), pins, widths, PICK_WIDTH), [every, named, pinned, sized]);
  const pin = (name: string) => setPinned([...pins].filter((item) => item && item !== name).concat(pins.has(name) ? [] : [name]).join(",") || "-");
  const widen = (name: string, width: number) => setSized(written(new Map([...widths, [name, Math.max(LEAST_WIDTH, width)]])));
  const sorted = useMemo(() => (sort && !ordered ? sortedBy(runs, every, sort) : runs), [runs, every, sort, ordered]);
  const holder = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: sorted.length, getScrollElement: () => holder.current, estimateSize: () => 32, overscan: 8 });
  const those = useMemo(() => sorted.filter((run) => picked.has(run.id)), [sorted, picked]);
  const pick = useCallback((run: Run) => setPicked((old) => { const next = new Set(old); if (!next.delete(run.id)) next.add(run.id); return next; }), []);
  const isAll = those.length > 0 && those.length === sorted.length;
  useListKeys(sorted, at, (place) => { setAt(place); rows.scrollToIndex(place); }, pick);
  const template = useMemo(() => ({ gridTemplateColumns: `${PICK_WIDTH}px ` + columns.map((item) => `${item.width}px`).join(" "), width: columns.reduce((sum, item) => sum + item.width, PICK_WIDTH) }), [columns]);
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
        <button onClick={() => download("runs.csv", "text/csv", csv(sorted, columns))}>CSV</button>
        <button onClick={() => download("runs.json", "application/json", json(sorted, columns))}>JSON</button>
        <label>{say("Group by")}
          <select value={grouped} onChange={(event) => setGrouped(event.target.value)}>
            <option value="">{say("none")}</option>{every.filter((item) => GROUPING.test(item.name)).map((item) => <option key={item.name} value={item.name}>{short(item.name)}</option>)}
          </select>
        </label>
        <select aria-label={say("Which runs are shown")} value={show} onChange={(event) => setShow(event.target.value)}>
          <option value="">{say("not archived")}</option><option value="archived">{say("archived")}</option><option value="deleted">{say("deleted")}</option>
        </select>
        <span className="hint">{those.length > 0 ? say("{count} chosen", { count: those.length }) : ""}</span>
        {those.length > 0 && <Actions runs={those} />}
      </div>
      {choosing && <fieldset className="columns"><legend>{say("Columns")}</legend>{every.map((item) => (
        <label key={item.name}><input type="checkbox" checked={chosen.has(item.name)} onChange={() => choose(item.name)} />{item.name}
          {chosen.has(item.name) && <button className={pins.has(item.name) ? "quiet pinned" : "quiet"} aria-pressed={pins.has(item.name)} aria-label={say("Keep {name} in sight", { name: item.name })} onClick={() => pin(item.name)}>★</button>}</label>))}</fieldset>}
      {grouped && <RunGroups runs={sorted} columns={columns} name={grouped} />}
      <div className="table" hidden={grouped !== ""} ref={holder} role="table" aria-label={say("Runs")} aria-rowcount={sorted.length} tabIndex={0}>
        <div className="row head" role="row" style={template}>
          <span role="columnheader" className="pick stays"><input type="checkbox" aria-label={say("Choose all")} checked={isAll} onChange={() => setPicked(new Set(isAll ? [] : sorted.map((run) => run.id)))} /></span>
          {columns.map((item) => (
            <div key={item.name} role="columnheader" className={item.left === null ? "cell" : "cell stays"} style={stay(item)}
              aria-sort={sort === item.name ? "ascending" : sort === `-${item.name}` ? "descending" : "none"}>
              <button className={item.right ? "right" : ""} title={item.name} onClick={() => flip(item.name)}>{short(item.name)}{sort === item.name ? " ↑" : sort === `-${item.name}` ? " ↓" : ""}</button>
              <Edge name={item.name} width={item.width} widen={(width) => widen(item.name, width)} />
            </div>))}
        </div>
        <div role="rowgroup" style={{ height: rows.getTotalSize(), width: template.width, position: "relative" }}>
          {rows.getVirtualItems().map((item) => {
            const run = sorted[item.index];
            return run && <Row key={run.id} run={run} columns={columns} template={template} place={item.index} start={item.start} isAt={item.index === at} isPicked={picked.has(run.id)} pick={pick} />;
          })}
        </div>
      </div>
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
  pick: (run: Run) => void;
}

/** A row is drawn anew only where something of it has changed: a table that is scrolled moves its rows and draws the few that come. */
const Row = memo(function Row({ run, columns, template, place, start, isAt, isPicked, pick }: RowProps) {
  return (
    <div className={isAt ? "row at" : "row"} role="row" aria-selected={isPicked} aria-rowindex={place + 1} style={{ ...template, transform: `translateY(${start}px)` }} onClick={() => go(runHref(run.id))}>
      <div role="cell" className="pick stays" onClick={(event) => event.stopPropagation()}><input type="checkbox" aria-label={say("Choose {name}", { name: run.display_name })} checked={isPicked} onChange={() => pick(run)} /></div>
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
const GROUPING = /^(state|project|namespace|reason|tags|config\..*)$/;

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

function download(name: string, kind: string, text: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: kind }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
