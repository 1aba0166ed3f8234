/** A report as it is written, with what it will look like beside it; what is not saved is kept in this browser. */

import { useDeferredValue, useEffect, useState } from "react";
import { ApiError } from "../api";
import type { Live } from "../live";
import { say } from "../say";
import { Body } from "./Body";
import * as client from "./client";

interface Props {
  id: string;
  /** The version that a save replaces; 0 for none. */
  before: number;
  draft: client.Draft;
  live: Live;
  dark: boolean;
  saved: () => void;
  leave: () => void;
  /** Shown beside the title of a report that is new. */
  children?: React.ReactNode;
}

const stored = (id: string) => `chiplog.draft.${id}`;

export function Editor({ id, before, draft, live, dark, saved, leave, children }: Props) {
  const [now, setNow] = useState<client.Draft>(() => kept(id) ?? { title: draft.title, project: draft.project, text: draft.text });
  const [over, setOver] = useState(before);
  const [problem, setProblem] = useState("");
  const [part, setPart] = useState<"write" | "preview">("write");
  const shown = useDeferredValue(now.text);
  const isChanged = now.text !== draft.text || now.title !== draft.title || now.project !== draft.project;
  useEffect(() => { if (isChanged) localStorage.setItem(stored(id), JSON.stringify(now)); }, [id, now, isChanged]);
  const save = () => client.save(id, over, now).then(
    () => { localStorage.removeItem(stored(id)); saved(); },
    (error: Error) => {
      if (error instanceof ApiError && error.status === 412) client.read(id, "").then((theirs) => setOver(Math.max(...theirs.versions.map((item) => item.version))), () => undefined);
      setProblem(error.message);
    });
  const pressed = (event: React.KeyboardEvent) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void save();
  };
  const drop = () => { localStorage.removeItem(stored(id)); leave(); };
  return (
    <main className="page editor" onKeyDown={pressed}>
      <div className="toolbar">
        <input className="report-name" aria-label={say("Title")} placeholder={say("Title")} value={now.title} maxLength={200} onChange={(event) => setNow({ ...now, title: event.target.value })} />
        <input aria-label={say("Project")} placeholder={say("Project")} value={now.project} maxLength={200} onChange={(event) => setNow({ ...now, project: event.target.value })} />
        {children}
        <div className="switch narrow" role="group" aria-label={say("View")}>
          <button aria-pressed={part === "write"} onClick={() => setPart("write")}>{say("write")}</button>
          <button aria-pressed={part === "preview"} onClick={() => setPart("preview")}>{say("preview")}</button>
        </div>
        <span className="spacer" />
        <button className="primary" disabled={!now.title.trim() || !(isChanged || before === 0)} onClick={() => void save()}>{over > before ? say("Save over version {number}", { number: over }) : say("Save")}</button>
        <button onClick={drop}>{say("Discard")}</button>
      </div>
      {problem && <p className="problem" role="alert">{problem}</p>}
      <div className={`halves ${part}`}>
        <textarea aria-label={say("Markdown")} value={now.text} spellCheck onChange={(event) => setNow({ ...now, text: event.target.value })} />
        <div className="report preview" tabIndex={0} role="region" aria-label={say("Preview")}><h1>{now.title}</h1><article><Body text={shown} live={live} dark={dark} /></article></div>
      </div>
      <p className="hint">{say("Panels: a fenced block chiplog with runs: (an expression), keys:, and panel: curves, table, scatter, bar, parallel or importance. Mathematics between dollars.")}</p>
    </main>
  );
}

function kept(id: string): client.Draft | null {
  try {
    return JSON.parse(localStorage.getItem(stored(id)) ?? "null") as client.Draft | null;
  } catch {
    return null;
  }
}
