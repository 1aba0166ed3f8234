/** What happens to runs, as the server's events tell it; nothing is asked again and again. */

import { useEffect, useMemo, useState } from "react";
import * as api from "./api";
import type { Run } from "./api";
import { doubted } from "./session";

const RETRY_MILLISECONDS = 3000;

export interface Live {
  /** How many runs there are; null while it is not known. */
  total: number | null;
  /** Runs of which something was heard since the page listens, as they are now. */
  byId: Map<string, Run>;
  /** Counts the changes of a run that were heard, so that whoever draws it knows that there is news. */
  beat: Map<string, number>;
  /** Counts what was heard. */
  news: number;
  /** Counts what makes runs come to a list, or go, that is in its own order. */
  lists: number;
  /** How many times it began to listen. */
  opens: number;
  connected: boolean;
  trouble: string;
  loaded: boolean;
}

export const EMPTY: Live = { total: null, byId: new Map(), beat: new Map(), news: 0, lists: 0, opens: 0, connected: false, trouble: "", loaded: false };

export interface News { runs: Run[]; gone: string[]; total: number }

export function useLive(): Live {
  const [live, setLive] = useState<Live>(EMPTY);
  useEffect(() => {
    const count = () =>
      api.runs({}, 0, 0).then(
        ({ total }) => setLive((old) => ({ ...old, total, trouble: "", loaded: true })),
        (error: Error) => setLive((old) => ({ ...old, trouble: error.message, loaded: true })),
      );
    let source: EventSource;
    let again = 0;
    const open = () => {
      source = new EventSource("/api/v1/events");
      source.onopen = () => {
        setLive(opened);
        void count();
      };
      source.onerror = () => {
        setLive((old) => ({ ...old, connected: false }));
        if (source.readyState !== EventSource.CLOSED) return;
        doubted(); // The server refused, and a browser does not ask again by itself then.
        again = window.setTimeout(open, RETRY_MILLISECONDS);
      };
      source.addEventListener("runs", (event) => {
        const news = JSON.parse((event as MessageEvent<string>).data) as News;
        setLive((old) => told(old, news));
      });
      source.addEventListener("trouble", (event) => {
        const { message } = JSON.parse((event as MessageEvent<string>).data) as { message: string };
        setLive((old) => ({ ...old, trouble: message }));
      });
    };
    open();
    return () => {
      window.clearTimeout(again);
      source.close();
    };
  }, []);
  return live;
}

/** It listens. After a while in which it heard nothing, what was known may be over, and everybody asks again. */
export function opened(old: Live): Live {
  if (old.opens === 0) return { ...old, opens: 1, connected: true };
  return { ...old, byId: new Map(), opens: old.opens + 1, news: old.news + 1, lists: old.lists + 1, connected: true };
}

/** Changes whenever there is news of some runs. */
export function beatOf(live: Live, ids: string[]): number {
  return ids.reduce((sum, id) => sum + (live.beat.get(id) ?? 0), Math.max(1, live.opens));
}

export function told(old: Live, { runs, gone, total }: News): Live {
  const [byId, beat] = [new Map(old.byId), new Map(old.beat)];
  const isListed = total !== old.total || gone.length > 0 || runs.some((run) => isMoved(old.byId.get(run.id), run));
  for (const id of gone) byId.delete(id);
  for (const run of runs) {
    byId.set(run.id, run);
    beat.set(run.id, (beat.get(run.id) ?? 0) + 1);
  }
  return { ...old, trouble: "", total, byId, beat, news: old.news + 1, lists: old.lists + Number(isListed) };
}

/** Whether a run may be in another list than before; of what was never heard of, nobody knows. */
const isMoved = (before: Run | undefined, now: Run) => !before || before.archived !== now.archived || before.deleted !== now.deleted;

export interface Found<T> { answer?: T; error?: string }

/** What an asynchronous question answered last; the old answer stays until the new one is there. */
export function useAnswer<T>(ask: (signal: AbortSignal) => Promise<T>, when: unknown[]): Found<T> {
  const [found, setFound] = useState<Found<T>>({});
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const key = useMemo(() => JSON.stringify(when), when);
  useEffect(() => {
    const control = new AbortController();
    // Who asked has asked something else by now: neither an answer nor an error is theirs any more.
    const heard = (change: (old: Found<T>) => Found<T>) => { if (!control.signal.aborted) setFound(change); };
    ask(control.signal).then(
      (answer) => heard(() => ({ answer })),
      (error: Error) => heard((old) => ({ ...old, error: error.message })),
    );
    return () => control.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  return found;
}
