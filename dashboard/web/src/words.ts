/** What people say of many runs at once, and what takes it back; the server judges who may (docs/dashboard.md). */

import { ApiError, ask } from "./api";
import type { Picked } from "./api";

export interface Said { tag?: string[]; untag?: string[]; archive?: boolean; delete?: boolean }
export interface Saying { runs: string[]; said: Said }

const MOST = 500;

export async function tell(saying: Saying): Promise<void> {
  for (let from = 0; from < saying.runs.length; from += MOST) {
    const body = JSON.stringify({ runs: saying.runs.slice(from, from + MOST), ...saying.said });
    await patient(() => ask("/api/v1/words", { method: "POST", headers: { "Content-Type": "application/json" }, body }));
  }
}

const WAIT_MILLISECONDS = 1000;

/** A server that is told very much at once says when it has had enough for now. */
async function patient(tell: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await tell();
      return;
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 429)) throw error;
      await new Promise((done) => setTimeout(done, WAIT_MILLISECONDS));
    }
  }
}

/** What makes runs again what they are now; it must be asked before anything is said. */
export function inverse(runs: Picked[], said: Said): Saying[] {
  const those = (wanted: (run: Picked) => boolean, undo: Said): Saying => ({ runs: runs.filter(wanted).map((run) => run.id), said: undo });
  const all = [
    ...(said.tag ?? []).map((tag) => those((run) => !run.tags.includes(tag), { untag: [tag] })),
    ...(said.untag ?? []).map((tag) => those((run) => run.tags.includes(tag), { tag: [tag] })),
    ...(said.archive === undefined ? [] : [those((run) => run.archived !== said.archive, { archive: !said.archive })]),
    ...(said.delete === undefined ? [] : [those((run) => run.deleted !== said.delete, { delete: !said.delete })]),
  ];
  return all.filter((saying) => saying.runs.length > 0);
}

/** Which runs a list shows, of what an address says. */
export const shown = (show: string) => (show === "archived" || show === "deleted" ? show : "current");
