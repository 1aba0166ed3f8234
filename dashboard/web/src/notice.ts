/** One short message at the foot of the page, which may be taken back; the newest replaces the one before. */

import { useSyncExternalStore } from "react";

export interface Notice { text: string; isProblem: boolean; undo?: (() => void) | undefined }

const listeners = new Set<() => void>();
let current: Notice | null = null;

export function notify(notice: Notice | null): void {
  current = notice;
  for (const listener of listeners) listener();
}

export function useNotice(): Notice | null {
  return useSyncExternalStore((listener) => { listeners.add(listener); return () => listeners.delete(listener); }, () => current);
}
