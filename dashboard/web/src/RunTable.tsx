/** All runs as a table: sorted by any column, columns chosen by the reader, and what is shown as CSV. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { Actions } from "./Actions";
import type { Run, Value } from "./api";
import { go, runHref, useParameter } from "./address";
import { isNumber, named, read, short, took } from "./fields";
import * as format from "./format";
import { useListKeys } from "./keys";
import { say } from "./say";
import { StatePill } from "./StatePill";

interface Column {
  name: string;
  read: (run: Run) => Value | undefined;
  width: number;
  right?: boolean;
}

const OWN: Column[] = [
  { name: "name", read: (run) => run.display_name, width: 220 },
  { name: "state", read: (run) => run.state, width: 96 },
  { name: "project", read: (run) => run.project, width: 130 },
  { name: "namespace", read: (run) => run.namespace, width: 110 },
  { name: "step", read: (run) => run.step, width: 84, right: true },
  { name: "started", read: (run) => run.started_at, width: 150 },
  { name: "took", read: took, width: 84, right: true },
  { name: "attempts", read: (run) => run.attempts, width: 92, right: true },
  { name: "reason", read: (run) => run.reason, width: 130 },
  { name: "lag", read: (run) => (run.durable ? 0 : run.lag_seconds), width: 64, right: true },
  { name: "tags", read: (run) => run.tags.join(", "), width: 140 },
];
const FIRST = ["name", "state", "project", "step", "started", "took", "attempts"];

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
  const [choosing, setChoosing] = useState(false);
  const every = useMemo(() => columnsOf(runs), [runs]);
  const chosen = named ? new Set(named.split(",")) : new Set([...FIRST, ...every.filter((item) => /^(config|summary)\./.test(item.name)).slice(0, 8).map((item) => item.name)]);
  const columns = every.filter((item) => chosen.has(item.name));
  const sorted = useMemo(() => (sort && !ordered ? sortedBy(runs, every, sort) : runs), [runs, every, sort, ordered]);
  const holder = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: sorted.length, getScrollElement: () => holder.current, estimateSize: () => 32, overscan: 20 });
  const those = useMemo(() => sorted.filter((run) => picked.has(run.id)), [sorted, picked]);
  const pick = (run: Run) => { const next = new Set(picked); if (!next.delete(run.id)) next.add(run.id); setPicked(next); };
  const isAll = those.length > 0 && those.length === sorted.length;
  useListKeys(sorted, at, (place) => { setAt(place); rows.scrollToIndex(place); }, pick);
  const template = { gridTemplateColumns: "34px " + columns.map((item) => `${item.width}px`).join(" "), width: columns.reduce((sum, item) => sum + item.width, 34) };
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
        <button onClick={() => download(sorted, columns)}>CSV</button>
        <select aria-label={say("Which runs are shown")} value={show} onChange={(event) => setShow(event.target.value)}>
          <option value="">{say("not archived")}</option><option value="archived">{say("archived")}</option><option value="deleted">{say("deleted")}</option>
        </select>
        <span className="hint">{those.length > 0 ? say("{count} chosen", { count: those.length }) : ""}</span>
        {those.length > 0 && <Actions runs={those} />}
      </div>
      {choosing && <fieldset className="columns"><legend>{say("Columns")}</legend>{every.map((item) => (
        <label key={item.name}><input type="checkbox" checked={chosen.has(item.name)} onChange={() => choose(item.name)} />{item.name}</label>))}</fieldset>}
      <div className="table" ref={holder} role="table" aria-label={say("Runs")} aria-rowcount={sorted.length} tabIndex={0}>
        <div className="row head" role="row" style={template}>
          <span role="columnheader" className="pick"><input type="checkbox" aria-label={say("Choose all")} checked={isAll} onChange={() => setPicked(new Set(isAll ? [] : sorted.map((run) => run.id)))} /></span>
          {columns.map((item) => (
            <button key={item.name} role="columnheader" className={item.right ? "right" : ""} title={item.name} onClick={() => flip(item.name)}
              aria-sort={sort === item.name ? "ascending" : sort === `-${item.name}` ? "descending" : "none"}>
              {short(item.name)}{sort === item.name ? " ↑" : sort === `-${item.name}` ? " ↓" : ""}
            </button>))}
        </div>
        <div role="rowgroup" style={{ height: rows.getTotalSize(), width: template.width, position: "relative" }}>
          {rows.getVirtualItems().map((item) => {
            const run = sorted[item.index];
            return run && (
              <div key={run.id} className={item.index === at ? "row at" : "row"} role="row" aria-selected={picked.has(run.id)} aria-rowindex={item.index + 1} style={{ ...template, transform: `translateY(${item.start}px)` }} onClick={() => go(runHref(run.id))}>
                <div role="cell" className="pick" onClick={(event) => event.stopPropagation()}><input type="checkbox" aria-label={say("Choose {name}", { name: run.display_name })} checked={picked.has(run.id)} onChange={() => pick(run)} /></div>
                {columns.map((column) => <div key={column.name} role="cell" className={column.right ? "right" : ""}><Cell run={run} column={column} /></div>)}
              </div>);
          })}
        </div>
      </div>
    </>
  );
}

function Cell({ run, column }: { run: Run; column: Column }) {
  if (column.name === "name") return <a href={runHref(run.id)} onClick={(event) => event.preventDefault()}>{run.display_name}</a>;
  if (column.name === "state") return <StatePill state={run.state} reason={run.reason} />;
  if (column.name === "started") return <>{format.short(run.started_at)}</>;
  const found = column.read(run);
  return <>{column.name === "took" && typeof found === "number" ? format.duration(found) : format.value(found)}</>;
}

/** Our own columns, and one for each config and summary key of the first runs. */
function columnsOf(runs: Run[]): Column[] {
  const numbers = new Set([...named(runs, "config", isNumber), ...named(runs, "summary", isNumber)]);
  const found = [...named(runs, "config"), ...named(runs, "summary")].map((name): Column => ({
    name, read: (run) => read(run, name), right: numbers.has(name), width: Math.min(220, Math.max(100, short(name).length * 8 + 24)),
  }));
  return [...OWN, ...found];
}

/** What has no value comes last, whatever the direction. */
export function sortedBy(runs: Run[], columns: Column[], sort: string): Run[] {
  const down = sort.startsWith("-");
  const column = columns.find((item) => item.name === sort.replace(/^-/, ""));
  if (!column) return runs;
  const valued = runs.map((run) => ({ run, value: column.read(run) }));
  const isNone = (value: Value | undefined) => value === undefined || value === null || value === "";
  valued.sort((a, b) => {
    if (isNone(a.value) || isNone(b.value)) return Number(isNone(a.value)) - Number(isNone(b.value));
    const order = typeof a.value === "number" && typeof b.value === "number" ? a.value - b.value : format.value(a.value).localeCompare(format.value(b.value));
    return down ? -order : order;
  });
  return valued.map((item) => item.run);
}

function download(runs: Run[], columns: Column[]) {
  // A cell that begins like a formula is a text to us, and must be one to a spreadsheet.
  const cell = (value: Value | undefined) => {
    const text = value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [columns.map((item) => item.name), ...runs.map((run) => columns.map((item) => cell(item.read(run))))].map((row) => row.join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
  link.download = "runs.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
