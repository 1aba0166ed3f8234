/** What people say of many runs at once, and what takes it back; the server judges who may (docs/dashboard.md). */

import { ask } from "./api";
import type { Run } from "./api";

export interface Said { tag?: string[]; untag?: string[]; archive?: boolean; delete?: boolean }
export interface Saying { runs: string[]; said: Said }

const MOST = 500;

export async function tell(saying: Saying): Promise<void> {
  for (let from = 0; from < saying.runs.length; from += MOST) {
    const body = JSON.stringify({ runs: saying.runs.slice(from, from + MOST), ...saying.said });
    await ask("/api/v1/words", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  }
}

/** What makes runs again what they are now; it must be asked before anything is said. */
export function inverse(runs: Run[], said: Said): Saying[] {
  const those = (wanted: (run: Run) => boolean, undo: Said): Saying => ({ runs: runs.filter(wanted).map((run) => run.id), said: undo });
  const all = [
    ...(said.tag ?? []).map((tag) => those((run) => !run.tags.includes(tag), { untag: [tag] })),
    ...(said.untag ?? []).map((tag) => those((run) => run.tags.includes(tag), { tag: [tag] })),
    ...(said.archive === undefined ? [] : [those((run) => run.archived !== said.archive, { archive: !said.archive })]),
    ...(said.delete === undefined ? [] : [those((run) => run.deleted !== said.delete, { delete: !said.delete })]),
  ];
  return all.filter((saying) => saying.runs.length > 0);
}

/** Which runs a list shows. */
export type Show = "" | "archived" | "deleted";

export function isShown(run: Run, show: string): boolean {
  if (show === "deleted") return run.deleted;
  return !run.deleted && run.archived === (show === "archived");
}
