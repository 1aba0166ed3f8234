/** Whether a key that was pressed is free to mean something of ours. */

import { useEffect } from "react";
import type { Run } from "./api";
import { go, runHref } from "./address";

const TAKEN = "input, textarea, select, dialog, dialog *, [contenteditable]";

/** Nobody writes, nothing is open above the view, and the browser has no use of its own for it. */
export function isFree(event: KeyboardEvent): boolean {
  return !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented && !(event.target as HTMLElement).matches(TAKEN);
}

/** j and k go along a list, x or space chooses, Enter opens: wherever the focus is, as long as the key is free. */
export function useListKeys(count: number, run: Run | undefined, at: number, move: (place: number) => void, choose: ((run: Run) => void) | undefined): void {
  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      const onControl = (event.target as HTMLElement).matches("button, a, summary");
      if (!isFree(event)) return;
      if (event.key === "j") move(Math.min(count - 1, at + 1));
      else if (event.key === "k") move(Math.max(0, at - 1));
      else if (event.key === "x" && run && choose) choose(run);
      else if (event.key === " " && run && choose && !onControl) choose(run);
      else if (event.key === "Enter" && run && !onControl) go(runHref(run.id));
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", heard);
    return () => window.removeEventListener("keydown", heard);
  });
}
