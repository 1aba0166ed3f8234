/** How wide an element is, for pictures that are drawn to their room. */

import { useCallback, useRef, useState } from "react";

/** What to give the element as its `ref`, and its width in pixels; `first` until it is there. */
export function useRoom(first: number): [(node: HTMLElement | null) => void, number] {
  const [room, setRoom] = useState(first);
  const watch = useRef<ResizeObserver | null>(null);
  const holder = useCallback((node: HTMLElement | null) => {
    watch.current?.disconnect();
    if (!node) return;
    watch.current = new ResizeObserver(() => setRoom(node.clientWidth || first));
    watch.current.observe(node);
  }, [first]);
  return [holder, room];
}
