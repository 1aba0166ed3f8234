/** A small chart of numbers that are here already: made of uPlot, with a tooltip in words; it asks for nothing. */

import { useLayoutEffect, useRef } from "react";
import uPlot from "uplot";
import * as format from "./format";

interface Props {
  data: uPlot.AlignedData;
  series: uPlot.Series[];
  bands?: uPlot.Band[];
  dark: boolean;
  height: number;
  isTime?: boolean;
  /** What it shows, for those who cannot see it. */
  label: string;
  /** Lines of text about a point. */
  tell: (place: number) => string[];
}

export function Plot({ data, series, bands, dark, height, isTime = false, label, tell }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const told = useRef(tell);
  told.current = tell;
  useLayoutEffect(() => {
    const node = holder.current;
    if (!node) return;
    const made = new uPlot(options(node, series, bands ?? [], height, isTime, (chart) => show(chart, tip.current, told.current)), data, node);
    const watch = new ResizeObserver(() => made.setSize({ width: node.clientWidth, height }));
    watch.observe(node);
    return () => {
      watch.disconnect();
      made.destroy();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [data, dark, height]);
  return (
    <div className="canvas" ref={holder} role="img" aria-label={label} style={{ minHeight: height }}>
      <div className="tip" ref={tip} hidden />
    </div>
  );
}

function options(
  node: HTMLElement, series: uPlot.Series[], bands: uPlot.Band[], height: number, isTime: boolean, moved: (made: uPlot) => void,
): uPlot.Options {
  const css = getComputedStyle(node);
  const [ink, rule] = [css.getPropertyValue("--ink-soft"), css.getPropertyValue("--rule")];
  const shared = { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  const values = (_: uPlot, ticks: number[]) => ticks.map((tick) => (tick === null ? "" : format.number(tick)));
  return {
    width: node.clientWidth || 400, height, series, bands, legend: { show: false }, scales: { x: { time: isTime } },
    padding: [8, 12, 0, 0],
    axes: [{ ...shared, size: isTime ? 40 : 26, ...(isTime ? {} : { values }) }, { ...shared, size: 52, values }],
    cursor: { drag: { x: false, y: false, setScale: false }, points: { size: 7 } },
    hooks: { setCursor: [moved] },
  };
}

function show(made: uPlot, tip: HTMLDivElement | null, tell: (place: number) => string[]) {
  if (!tip) return;
  const { idx, left = -1 } = made.cursor;
  const lines = idx === null || idx === undefined || left < 0 ? [] : tell(idx);
  tip.hidden = lines.length === 0;
  tip.replaceChildren(...lines.map((text) => {
    const item = document.createElement("div");
    item.textContent = text;
    return item;
  }));
  const onRight = left > made.over.clientWidth / 2;
  tip.style.left = onRight ? "auto" : `${left + made.over.offsetLeft + 14}px`;
  tip.style.right = onRight ? `${made.over.clientWidth - left + 14}px` : "auto";
  tip.style.top = "4px";
}
