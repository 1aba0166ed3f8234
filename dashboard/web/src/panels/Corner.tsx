/** The corner by which a panel is drawn larger or smaller, in steps of a column; keys have the panel's menu for it. */

import type { Size } from "./arrangement";

const LOWER = 0.75;
const HIGHER = 1.35;

export function Corner({ size, resize }: { size: Size; resize: (size: Size) => void }) {
  const begin = (event: React.PointerEvent<HTMLSpanElement>) => {
    const cell = event.currentTarget.parentElement;
    const grid = cell?.parentElement;
    if (!cell || !grid) return;
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    const [box, column] = [cell.getBoundingClientRect(), parseFloat(getComputedStyle(grid).gridTemplateColumns)];
    let last = size;
    const moved = (now: PointerEvent) => {
      const next = drawn(size, (now.clientX - box.left) / (column || box.width), (now.clientY - box.top) / box.height);
      if (next.wide !== last.wide || next.high !== last.high) resize((last = next));
    };
    const node = event.currentTarget;
    node.addEventListener("pointermove", moved);
    node.addEventListener("lostpointercapture", () => node.removeEventListener("pointermove", moved), { once: true });
  };
  return <span className="corner" aria-hidden="true" onPointerDown={begin} />;
}

/** The size of a panel whose corner was drawn to so many columns, and to so much of its height. */
export function drawn(size: Size, columns: number, share: number): Size {
  const wide = columns < 1.5 ? 1 : columns < 2.5 ? 2 : 3;
  const order: Size["high"][] = ["short", "usual", "tall"];
  const by = share < LOWER ? -1 : share > HIGHER ? 1 : 0;
  return { wide, high: order[Math.max(0, Math.min(2, order.indexOf(size.high) + by))] ?? size.high };
}
