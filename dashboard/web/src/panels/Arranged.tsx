/** Panels in a grid, each of which can be moved, sized and hidden, by pointer or by keys alone; what is in a panel is its owner's. */

import { useEffect, useRef, useState, type ReactNode } from "react";
import { say } from "../say";
import { beside, shifted, type Size } from "./arrangement";
import type { Layout } from "./layout";
import { Menu, type Sections } from "./Menu";
import { Corner } from "./Corner";

interface Props {
  /** All panels of this section as they stand by themselves. */
  keys: string[];
  /** Whether a panel is to be seen. */
  isSeen: (key: string) => boolean;
  layout: Layout;
  /** Given where the order is kept elsewhere. */
  order?: ((wanted: string[]) => void) | undefined;
  /** Given where panels can go to other sections. */
  sections?: ((key: string) => Sections) | undefined;
  size: string;
  height: number;
  panel: (key: string, height: number, tools: ReactNode) => ReactNode;
}

const SHORT = 0.55;
/** What stands around two charts that one tall one is as high as. */
const BETWEEN = 58;

function heightOf(usual: number, high: Size["high"]): number {
  return high === "short" ? Math.round(usual * SHORT) : high === "tall" ? usual * 2 + BETWEEN : usual;
}

export function Arranged({ keys, isSeen, layout, order, sections, size, height, panel }: Props) {
  const grid = useRef<HTMLDivElement>(null);
  const [told, setTold] = useState("");
  const every = order ? keys : layout.ordered(keys);
  const seen = every.filter((key) => isSeen(key));
  const arrange = (wanted: string[], key: string) => {
    (order ?? ((next: string[]) => layout.order(keys, next)))(wanted);
    const left = wanted.filter((item) => isSeen(item));
    setTold(say("{name} is {place} of {count}", { name: key, place: left.indexOf(key) + 1, count: left.length }));
  };
  const focused = useFocus(grid, seen);
  const step = (key: string, by: number) => {
    const wanted = shifted(seen, key, by);
    const at = wanted.indexOf(key);
    const other = wanted[at - 1] ?? wanted[at + 1];
    focused(key);
    if (other !== undefined && wanted.join("\n") !== seen.join("\n")) arrange(beside(every, key, other, at > 0), key);
  };
  const drag = useDrag(grid, (key, other, isBehind) => arrange(beside(every, key, other, isBehind), key));
  return (
    <div className="across">
      <div className={`grid of-${size}`} ref={grid}>{seen.map((key, place) => {
        const own = layout.size(key);
        const marked = drag.over?.key === key ? (drag.over.isBehind ? " behind" : " before") : drag.key === key ? " lifted" : "";
        const tools = (
          <>
            <Menu title={key} size={own} resize={(next) => layout.resize(key, next)} hide={() => layout.hide(key)} isFirst={place === 0} isLast={place === seen.length - 1} step={(by) => step(key, by)} sections={sections?.(key)} />
            <button className="quiet icon grip" aria-label={say("Move {title}", { title: key })} title={say("Drag, or use the arrow keys")} onPointerDown={(event) => drag.begin(key, event)} onKeyDown={(event) => { const by = STEPS[event.key]; if (by) { event.preventDefault(); step(key, by); } }}>⠿</button>
          </>);
        return (
          <div key={key} className={`cell wide-${own.wide} high-${own.high}${marked}`} data-panel={key}>
            {panel(key, heightOf(height, own.high), tools)}
            <Corner size={own} resize={(next) => layout.resize(key, next)} />
          </div>);
      })}
      </div>
      <span className="hidden" role="status">{told}</span>
    </div>
  );
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -1e6, End: 1e6 };

/** A browser forgets the focus of what moves in the page: whoever moves a panel by keys has it again. */
function useFocus(grid: React.RefObject<HTMLDivElement | null>, seen: string[]) {
  const wanted = useRef("");
  useEffect(() => {
    if (!wanted.current) return;
    const found = [...(grid.current?.querySelectorAll<HTMLElement>("[data-panel]") ?? [])].find((cell) => cell.dataset.panel === wanted.current);
    if (!found?.contains(document.activeElement)) found?.querySelector<HTMLElement>(".grip")?.focus();
    found?.scrollIntoView({ block: "nearest" });
    wanted.current = "";
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [seen.join("\n")]);
  return (key: string) => { wanted.current = key; };
}

interface Over { key: string; isBehind: boolean }

const EDGE = 60;

/** A panel in the hand, and beside which it would stand. Escape puts it back. */
function useDrag(grid: React.RefObject<HTMLDivElement | null>, drop: (key: string, other: string, isBehind: boolean) => void) {
  const [held, setHeld] = useState<{ key: string; over: Over | null }>({ key: "", over: null });
  const end = useRef<(() => void) | null>(null);
  useEffect(() => () => end.current?.(), []);
  const begin = (key: string, event: React.PointerEvent) => {
    if (event.button !== 0) return;
    let over: Over | null = null;
    const moved = (now: PointerEvent) => {
      const next = under(grid.current, now, key);
      if (next?.key !== over?.key || next?.isBehind !== over?.isBehind) setHeld({ key, over: next });
      over = next;
      const page = grid.current?.closest(".page");
      if (page && now.clientY < page.getBoundingClientRect().top + EDGE) page.scrollBy(0, -20);
      if (page && now.clientY > window.innerHeight - EDGE) page.scrollBy(0, 20);
    };
    const heard = new AbortController();
    end.current = () => {
      heard.abort();
      setHeld({ key: "", over: null });
      end.current = null;
    };
    const stop = () => end.current?.();
    const options = { signal: heard.signal };
    window.addEventListener("pointermove", moved, options);
    window.addEventListener("pointerup", () => { stop(); if (over) drop(key, over.key, over.isBehind); }, options);
    window.addEventListener("pointercancel", stop, options);
    window.addEventListener("keydown", (now) => { if (now.key === "Escape") stop(); }, options);
    setHeld({ key, over: null });
  };
  return { ...held, begin };
}

/** The panel of this grid below the pointer, and on which half of it. */
function under(grid: HTMLElement | null, at: PointerEvent, key: string): Over | null {
  const cell = document.elementFromPoint(at.clientX, at.clientY)?.closest<HTMLElement>("[data-panel]");
  if (!cell || !grid?.contains(cell) || cell.dataset.panel === undefined || cell.dataset.panel === key) return null;
  const box = cell.getBoundingClientRect();
  const isAlone = box.width > grid.clientWidth * 0.9;
  return { key: cell.dataset.panel, isBehind: isAlone ? at.clientY > box.top + box.height / 2 : at.clientX > box.left + box.width / 2 };
}
