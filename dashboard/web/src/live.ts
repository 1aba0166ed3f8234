/** The list of runs, kept up to date by the server's events; nothing is asked again and again. */

import { useEffect, useMemo, useState } from "react";
import * as api from "./api";
import type { Run } from "./api";
import { doubted } from "./session";

const RETRY_MILLISECONDS = 3000;

export interface Live {
  runs: Run[];
  byId: Map<string, Run>;
  /** Counts the changes that were heard, so that whoever draws knows that there is news. */
  beat: Map<string, number>;
  connected: boolean;
  trouble: string;
  loaded: boolean;
}

const EMPTY: Live = { runs: [], byId: new Map(), beat: new Map(), connected: false, trouble: "", loaded: false };

export function useLive(): Live {
  const [live, setLive] = useState<Live>(EMPTY);
  useEffect(() => {
    const load = () =>
      api.runs().then(
        ({ runs }) => setLive((old) => told({ ...old, trouble: "", loaded: true }, runs, [], true)),
        (error: Error) => setLive((old) => ({ ...old, trouble: error.message, loaded: true })),
      );
    let source: EventSource;
    let again = 0;
    const open = () => {
      source = new EventSource("/api/v1/events");
      source.onopen = () => {
        setLive((old) => ({ ...old, connected: true }));
        void load(); // What happened while nobody listened.
      };
      source.onerror = () => {
        setLive((old) => ({ ...old, connected: false }));
        if (source.readyState !== EventSource.CLOSED) return;
        doubted(); // The server refused, and a browser does not ask again by itself then.
        again = window.setTimeout(open, RETRY_MILLISECONDS);
      };
      source.addEventListener("runs", (event) => {
        const { runs, gone } = JSON.parse((event as MessageEvent<string>).data) as { runs: Run[]; gone: string[] };
        setLive((old) => told({ ...old, trouble: "" }, runs, gone, false));
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

function told(old: Live, news: Run[], gone: string[], whole: boolean): Live {
  const byId = whole ? new Map<string, Run>() : new Map(old.byId);
  const beat = new Map(old.beat);
  for (const id of gone) byId.delete(id);
  for (const run of news) {
    byId.set(run.id, run);
    beat.set(run.id, (beat.get(run.id) ?? 0) + 1);
  }
  const runs = [...byId.values()].sort((a, b) => (b.created_at ?? 0) - (a.created_at ?? 0));
  return { ...old, runs, byId, beat };
}

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
