/** What a run wrote to its console: searched by the server, followed at its end. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useEffect, useRef } from "react";
import * as api from "./api";
import { useParameter } from "./address";
import { useAnswer } from "./live";
import { say } from "./say";

const LAST = 5000;
const STILL_MILLISECONDS = 250;
const ESCAPES = /\u001b\[[0-9;:?]*[ -/]*[@-~]/g;

export function Console({ id, beat }: { id: string; beat: number }) {
  const [search, setSearch] = useParameter("find", "");
  const [followed, setFollowed] = useParameter("follow", "1");
  const [top, setTop] = useParameter("line", "");
  const follow = followed === "1";
  const asked = useDeferredValue(search);
  const { answer, error } = useAnswer((signal) => api.lines(id, asked, LAST, signal), [id, asked, beat]);
  const lines = answer?.lines ?? [];
  const holder = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: lines.length, getScrollElement: () => holder.current, estimateSize: () => 19, overscan: 30 });
  const before = (answer?.total ?? 0) - lines.length;
  const place = useRef({ top, timer: 0 });
  const turn = (isFollowed: boolean) => { setFollowed(isFollowed ? "1" : "0"); if (isFollowed) setTop(""); };
  // The line at the top stands in the link when it has stood there for a moment.
  const scrolled = () => {
    window.clearTimeout(place.current.timer);
    place.current.timer = window.setTimeout(() => {
      const first = rows.getVirtualItems().find((item) => item.end > (holder.current?.scrollTop ?? 0));
      if (!follow && first) setTop(String(before + first.index + 1));
    }, STILL_MILLISECONDS);
  };
  useEffect(() => () => window.clearTimeout(place.current.timer), []);
  useEffect(() => {
    if (!follow && lines.length && place.current.top) rows.scrollToIndex(Math.max(0, Number(place.current.top) - 1 - before), { align: "start" });
    if (lines.length) place.current.top = "";
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [follow, lines.length]);
  useEffect(() => {
    if (follow && lines.length) rows.scrollToIndex(lines.length - 1, { align: "end" });
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [follow, lines.length]);
  return (
    <div className="console-view">
      <div className="toolbar">
        <input type="search" placeholder={say("Search the console")} aria-label={say("Search the console")} value={search} onChange={(event) => setSearch(event.target.value)} />
        <label><input type="checkbox" checked={follow} onChange={(event) => turn(event.target.checked)} />{say("Follow")}</label>
        <span className="hint">{answer && (answer.total > lines.length ? say("the last {shown} of {count} lines", { shown: lines.length, count: answer.total }) : say("{count} lines", { count: answer.total }))}</span>
      </div>
      {error && <p className="problem">{error}</p>}
      {answer && lines.length === 0 && <p className="hint">{asked ? say("No line holds “{text}”.", { text: asked }) : say("Nothing was captured of the console.")}</p>}
      <div className="console" ref={holder} tabIndex={0} onWheel={(event) => { if (event.deltaY < 0 && follow) turn(false); }} onScroll={scrolled}>
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((item) => {
            const line = lines[item.index];
            return line && (
              <div key={item.key} ref={rows.measureElement} data-index={item.index} className={`line ${line.source}`} style={{ transform: `translateY(${item.start}px)` }}>
                <time>{line.time?.slice(11, 19) ?? ""}</time><span>{line.text.replace(ESCAPES, "")}</span>
              </div>);
          })}
        </div>
      </div>
    </div>
  );
}
