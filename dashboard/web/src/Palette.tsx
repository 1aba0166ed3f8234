/** Everything by its name: places, saved views, runs, reports and what one may do here; opened by Ctrl or ⌘ and K. */

import { useDeferredValue, useMemo, useRef, useState } from "react";
import * as api from "./api";
import type { Run } from "./api";
import { go, href, runHref } from "./address";
import { slug } from "./format";
import { useAnswer } from "./live";
import { notify } from "./notice";
import * as reports from "./reports/client";
import { say } from "./say";
import * as views from "./views";
import type { View } from "./views";

export interface Command { name: string; kind: string; run: () => void; remove?: () => void }

interface Props { commands: Command[]; close: () => void }

const SHOWN = 60;
const RUNS_SHOWN = 12;

export default function Palette({ commands, close }: Props) {
  const [search, setSearch] = useState("");
  const [at, setAt] = useState(0);
  const [changes, setChanges] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const { answer: saved } = useAnswer((signal) => views.list(signal), [changes]);
  const { answer: written } = useAnswer((signal) => reports.list(signal), []);
  const words = useDeferredValue(search.trim());
  const { answer: runs } = useAnswer((signal) => (words ? api.runs({ words, show: "current" }, 0, RUNS_SHOWN, signal) : Promise.resolve({ total: 0, runs: [] })), [words]);
  const { answer: newest } = useAnswer((signal) => api.runs({}, 0, 1, signal), []);
  const forget = (view: View) => void views.remove(view).then(() => setChanges(changes + 1), (error: Error) => notify({ text: error.message, isProblem: true }));
  const every = useMemo(() => [
    ...(saved?.views ?? []).map((view): Command => ({ name: view.title, kind: say("view"), run: () => go(view.href), remove: () => forget(view) })),
    ...places(),
    ...(written?.reports ?? []).map((report): Command => ({ name: report.title, kind: say("report"), run: () => go(href("reports", report.id)) })),
    ...commands,
  ], [saved, written, commands]);
  const found = [...every.filter((item) => fits(`${item.name} ${item.kind}`, search)), ...(runs?.runs ?? []).filter((run) => fits(`${run.display_name} ${run.project} ${run.namespace} ${run.run} ${run.name} ${run.state} ${run.tags.join(" ")}`, search)).map(opening), ...saving(newest?.runs[0], search)].slice(0, SHOWN);
  const chosen = found[Math.min(at, found.length - 1)];
  const move = (next: number) => {
    const place = Math.max(0, Math.min(found.length - 1, next));
    setAt(place);
    list.current?.children[place]?.scrollIntoView({ block: "nearest" });
  };
  const take = (item: Command | undefined) => { if (item) { close(); item.run(); } };
  const pressed = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown") move(at + 1);
    else if (event.key === "ArrowUp") move(at - 1);
    else if (event.key === "Enter") take(chosen);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <dialog open className="palette" aria-label={say("Commands")} onClick={(event) => event.target === event.currentTarget && close()} onKeyDown={pressed}>
      <div>
        <input autoFocus type="search" role="combobox" aria-expanded="true" aria-controls="commands" aria-activedescendant={chosen ? `command-${found.indexOf(chosen)}` : undefined}
          aria-label={say("Find anything")} placeholder={say("A run, a report, a saved view, or what to do")} value={search} onChange={(event) => { setSearch(event.target.value); setAt(0); }} />
        <ul id="commands" role="listbox" aria-label={say("Commands")} ref={list}>
          {found.map((item, place) => (
            <li key={`${item.kind} ${item.name} ${place}`} id={`command-${place}`} role="option" aria-selected={item === chosen} onMouseMove={() => setAt(place)} onClick={() => take(item)}>
              <span>{item.name}</span><small>{item.kind}</small>
              {item.remove && <button className="quiet icon" tabIndex={-1} aria-label={say("Forget {name}", { name: item.name })} onClick={(event) => { event.stopPropagation(); item.remove?.(); }}>✕</button>}
            </li>))}
        </ul>
        {found.length === 0 && <p className="hint">{say("Nothing is called so.")}</p>}
        <p className="hint keys"><kbd>j</kbd> <kbd>k</kbd> {say("next, previous run")} · <kbd>x</kbd> {say("choose it")} · <kbd>/</kbd> {say("find")} · <kbd>Ctrl</kbd> <kbd>K</kbd> {say("this")}</p>
      </div>
    </dialog>
  );
}

function places(): Command[] {
  const told: [string, string][] = [["/", say("Overview")], ["/runs", say("Runs")], ["/runs?view=table", say("Runs as a table")], ["/runs?view=plots", say("Scatter, bars and parallel coordinates")],
    ["/runs?view=table&show=archived", say("Archived runs")], ["/runs?view=table&show=deleted", say("Deleted runs")],
    ["/sweeps", say("Sweeps")], ["/lines", say("Lines")], ["/reports", say("Reports")], ["/reports/new", say("New report")]];
  return told.map(([to, name]) => ({ name, kind: say("go to"), run: () => go(to) }));
}

const opening = (run: Run): Command => ({ name: run.display_name, kind: `${run.project || run.namespace} · ${run.state}`, run: () => go(runHref(run.id)) });

/** Whatever is typed can be the name of a view. */
function saving(newest: Run | undefined, search: string): Command[] {
  const title = search.trim();
  const place = newest ? `${newest.cluster}/${newest.namespace}` : "";
  if (!place || !title) return [];
  const keep = () => void views.save(place, slug(title, Date.now()), title, views.here()).then(
    () => notify({ text: say("{title} is saved; it stands in this palette for everybody who sees {namespace}.", { title, namespace: place.split("/")[1] ?? "" }), isProblem: false }),
    (error: Error) => notify({ text: error.message, isProblem: true }));
  return [{ name: say("Save this view as “{title}”", { title }), kind: say("view"), run: keep }];
}

function fits(told: string, search: string): boolean {
  const text = told.toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
