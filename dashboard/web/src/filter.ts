/** Which runs are listed: by an expression (docs/query.md), which the server reads, or by plain words, found at once. */

import { useDeferredValue, useMemo } from "react";
import * as api from "./api";
import type { Run } from "./api";
import { useAnswer, type Live } from "./live";

const OPERATORS = /[=<>]|\b(in|contains|like|matches|is|order by|limit)\b/i;

export function isExpression(text: string): boolean {
  return OPERATORS.test(text);
}

export function matches(run: Run, words: string): boolean {
  const told = [run.name, run.display_name, run.project, run.namespace, run.run, run.state, ...run.tags].join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => told.includes(word));
}

/** The runs that a text means; an expression that cannot be read leaves all, and says why. */
export function useFiltered(live: Live, text: string): { found: Run[]; problem: string; ordered: boolean } {
  const asked = useDeferredValue(text.trim());
  const expression = isExpression(asked);
  const news = useMemo(() => [...live.beat.values()].reduce((sum, beat) => sum + beat, 0) + live.runs.length, [live]);
  const { answer, error } = useAnswer(
    (signal) => (expression ? api.select(asked, signal) : Promise.resolve({ ids: [] as string[] })),
    [asked, expression, expression ? news : 0],
  );
  return useMemo(() => {
    if (!asked) return { found: live.runs, problem: "", ordered: false };
    if (!expression) return { found: live.runs.filter((run) => matches(run, asked)), problem: "", ordered: false };
    if (error) return { found: live.runs, problem: error, ordered: false };
    const found = (answer?.ids ?? []).flatMap((id) => live.byId.get(id) ?? []);
    return { found, problem: "", ordered: /\border\s+by\b/i.test(asked) };
  }, [asked, expression, error, answer, live]);
}
