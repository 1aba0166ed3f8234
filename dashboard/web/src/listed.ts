/** Lists of runs as the server has them: which are meant (docs/query.md), rows as they come into sight, kept up to date while somebody looks. */

import { useDeferredValue, useEffect, useMemo, useReducer, useRef, useState } from "react";
import * as api from "./api";
import type { Question, Run } from "./api";
import type { Found, Live } from "./live";
import { Pace } from "./pace";
import { PAGE_ROWS, Windows, type Ask } from "./windows";

const OPERATORS = /[=<>]|\b(in|contains|like|matches|is|order by|limit)\b/i;

export function isExpression(text: string): boolean {
  return OPERATORS.test(text);
}

/** The list that a text means: an expression, or plain words. */
export function questionOf(text: string, more: Omit<Question, "filter" | "words"> = {}): Question {
  const asked = text.trim();
  return { ...more, ...(asked ? (isExpression(asked) ? { filter: asked } : { words: asked }) : {}) };
}

/** The same while it is typed. */
export function useQuestion(text: string, more: Omit<Question, "filter" | "words">): Question {
  const asked = useDeferredValue(text);
  // eslint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => questionOf(asked, more), [asked, JSON.stringify(more)]);
}

export interface List {
  /** Null while it is not known. */
  total: number | null;
  problem: string;
  at: (index: number) => Run | undefined;
  here: () => Run[];
  see: (first: number, last: number) => void;
  /** Changes whenever rows of it have. */
  stamp: unknown;
}

/** A list by its windows; until another one is there, the one before it is shown. */
export function useList(question: Question, live: Live, rows = PAGE_ROWS): List {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const key = JSON.stringify(question);
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const asked = useMemo(() => new Windows(asking(question), draw, rows), [key, rows]);
  useEffect(() => { asked.see(0, 0); return () => asked.stop(); }, [asked]);
  useNews(() => asked.stale(), isMoved(question) ? live.news : live.lists);
  const last = useRef(asked);
  if (asked.total !== null || asked.problem) last.current = asked;
  const shown = last.current;
  const { byId } = live;
  const { changes } = shown;
  return useMemo(() => {
    const newest = (run: Run) => byId.get(run.id) ?? run;
    const at = (index: number) => { const run = shown.at(index); return run && newest(run); };
    return { total: shown.total, problem: shown.problem, at, here: () => shown.here().map(newest), see: (first, end) => asked.see(first, end), stamp: [shown, changes, byId] };
  }, [asked, shown, changes, byId]);
}

/** The first rows of a list, all of them here. */
export function useRows(question: Question, most: number, live: Live): { runs: Run[]; total: number | null; problem: string } {
  const list = useList(question, live, most);
  return useMemo(() => ({ runs: list.here(), total: list.total, problem: list.problem }), [list]);
}

/** What a question answered last, asked again on news. */
export function useFollowed<T>(ask: (signal: AbortSignal) => Promise<T>, when: unknown[], news: number): Found<T> {
  const [found, setFound] = useState<Found<T>>({});
  const pace = useRef<Pace | null>(null);
  const key = JSON.stringify(when);
  useEffect(() => {
    const control = new AbortController();
    const heard = (change: (old: Found<T>) => Found<T>) => { if (!control.signal.aborted) setFound(change); };
    const made = (pace.current = new Pace(() => ask(control.signal).then(
      (answer) => heard(() => ({ answer })),
      (error: Error) => heard((old) => ({ ...old, error: error.message })),
    )));
    made.due();
    return () => { made.stop(); control.abort(); };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  useNews(() => pace.current?.due(), news);
  return found;
}

function useNews(tell: () => void, news: number): void {
  const known = useRef(news);
  useEffect(() => {
    if (known.current !== news) tell();
    known.current = news;
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [news]);
}

/** Whether runs of a list change places, come or go by what they log. */
const isMoved = (question: Question) => Boolean(question.filter ?? question.words ?? question.order);

/** An expression that cannot be read leaves all, and says why. */
function asking(question: Question): Ask {
  return async (offset, limit, signal) => {
    try {
      return await api.runs(question, offset, limit, signal);
    } catch (error) {
      if (!(error instanceof api.ApiError && error.status === 400 && question.filter)) throw error;
      const { filter: _, ...rest } = question;
      return { ...(await api.runs(rest, offset, limit, signal)), problem: error.message };
    }
  };
}
