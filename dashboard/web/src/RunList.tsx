/** The runs beside the charts: one click shows or hides a curve, the name leads to the run. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import type { Run } from "./api";
import { go, runHref } from "./address";
import * as format from "./format";
import { useListKeys } from "./keys";
import type { List } from "./listed";
import { StatePill } from "./StatePill";
import { say } from "./say";

interface Props {
  list: List;
  chosen: Map<string, number>;
  paint: (id: string) => string;
  toggle: (run: Run) => void;
  only: (run: Run) => void;
}

export function RunList({ list, chosen, paint, toggle, only }: Props) {
  const count = list.total ?? 0;
  const holder = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(-1);
  const rows = useVirtualizer({ count, getScrollElement: () => holder.current, estimateSize: () => 46, overscan: 12 });
  const seen = rows.getVirtualItems();
  const [first, last] = [seen[0]?.index ?? 0, seen.at(-1)?.index ?? 0];
  useEffect(() => list.see(first, last), [list.see, first, last]);
  const move = (next: number) => {
    const place = Math.max(0, Math.min(count - 1, next));
    setAt(place);
    rows.scrollToIndex(place);
  };
  useListKeys(count, list.at(at), at, move, toggle);
  const pressed = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown") move(at + 1);
    else if (event.key === "ArrowUp") move(at - 1);
    else return;
    event.preventDefault();
  };
  return (
    <div className="list" ref={holder} tabIndex={0} role="list" aria-label={say("Runs")} onKeyDown={pressed}>
      <div role="presentation" style={{ height: rows.getTotalSize(), position: "relative" }}>
        {seen.map((item) => {
          const run = list.at(item.index);
          if (!run) return null;
          const drawn = chosen.has(run.id);
          return (
            <div key={item.index} role="listitem" className={item.index === at ? "item at" : "item"} style={{ transform: `translateY(${item.start}px)` }}>
              <button className="dot" style={drawn ? { background: paint(run.id), borderColor: paint(run.id) } : {}} aria-pressed={drawn}
                aria-label={drawn ? say("Hide {name}", { name: run.display_name }) : say("Draw {name}", { name: run.display_name })} title={say("Draw or hide; double click: this one alone")}
                onClick={() => toggle(run)} onDoubleClick={() => only(run)} />
              <a href={runHref(run.id)} onClick={(event) => { if (!event.metaKey && !event.ctrlKey) { event.preventDefault(); go(runHref(run.id)); } }}>
                <strong>{run.display_name}</strong>
                <small>{run.project || run.namespace}{run.step === null ? "" : ` · ${say("step {step}", { step: format.number(run.step) })}`}{headline(run)}</small>
              </a>
              <StatePill state={run.state} reason={run.reason} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

export function headline(run: Run): string {
  const name = run.metrics[0]?.name ?? (typeof run.summary.loss === "number" ? "loss" : "");
  const value = run.summary[name];
  return name && typeof value === "number" ? ` · ${name} ${format.number(value)}` : "";
}

/** What stands where there is no run yet. */
export function Welcome() {
  return (
    <div className="welcome">
      <h1>{say("No runs yet")}</h1>
      <p>{say("Apply a TrainingRun, or run a script here, and it appears on this page while it trains.")}</p>
      <pre>kubectl apply -f examples/trainingrun.yaml{"\n"}chiplog run -- python train.py</pre>
    </div>
  );
}
