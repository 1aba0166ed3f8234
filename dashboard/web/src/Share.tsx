/** A button that makes a link to what is shown, and shows those that are good; without the right to it there is none. */

import { useContext, useState } from "react";
import * as api from "./api";
import type { Question } from "./api";
import * as format from "./format";
import { useAnswer } from "./live";
import { later, say } from "./say";
import * as shares from "./shares";
import type { Kind, Offer, Shared } from "./shares";
import * as views from "./views";

const TOLD: Record<Kind, string> = {
  run: later("Whoever has the link sees this run, without signing on, and changes nothing."),
  project: later("Whoever has the link sees all runs of this project, without signing on, and changes nothing."),
  report: later("Whoever has the link sees this report and those runs of its project that its panels show or its text leads to, whole, without signing on, and changes nothing."),
  view: later("Whoever has the link sees the runs of this list, also those that come to it later, without signing on, and changes nothing."),
  compare: later("Whoever has the link sees these runs, without signing on, and changes nothing."),
  sweep: later("Whoever has the link sees this sweep and its trials, without signing on, and changes nothing."),
  line: later("Whoever has the link sees this line and its nights, without signing on, and changes nothing."),
};

export function Share({ what }: { what: Offer }) {
  const days = useContext(shares.LinkDays);
  const [open, setOpen] = useState(false);
  if (!days) return null;
  return <><button onClick={() => setOpen(true)} aria-haspopup="dialog">{say("Share")}</button>{open && <Sheet what={what} most={days} close={() => setOpen(false)} />}</>;
}

function Sheet({ what, most, close }: { what: Offer; most: number; close: () => void }) {
  const offered = shares.choices(most);
  const [days, setDays] = useState(offered.find((count) => count >= 7) ?? offered[0] ?? most);
  const { homes, home, setHome } = useHome(what);
  const [made, setMade] = useState("");
  const [problem, setProblem] = useState("");
  const [changes, setChanges] = useState(0);
  const { answer, error } = useAnswer((signal) => shares.list(signal), [changes]);
  const done = (url: string) => { setMade(url); setProblem(""); setChanges((count) => count + 1); };
  const failed = (reason: Error) => setProblem(reason.message);
  const there = (answer?.shares ?? []).filter((item) => shares.isBeside(what, item));
  const share = () => void shares.make(shares.body(what, home, views.here()), days).then((item) => done(item.url), failed);
  return (
    <dialog open className="palette share" aria-label={say("Share")} onClick={(event) => event.target === event.currentTarget && close()} onKeyDown={(event) => event.key === "Escape" && close()}>
      <div>
        <h2>{say("Share by a link")}<button className="quiet icon" aria-label={say("Close")} onClick={close}>✕</button></h2>
        <p className="hint">{say(TOLD[what.kind])}</p>
        <form className="toolbar" onSubmit={(event) => { event.preventDefault(); share(); }}>
          {homes.length > 1 && (
            <label>{say("Namespace")}
              <select value={home} onChange={(event) => setHome(event.target.value)}>{homes.map((name) => <option key={name} value={name}>{name.split("/")[1]}</option>)}</select>
            </label>)}
          <label>{say("Good for")}
            <select autoFocus value={days} onChange={(event) => setDays(Number(event.target.value))}>
              {offered.map((count) => <option key={count} value={count}>{count === 1 ? say("1 day") : say("{count} days", { count })}</option>)}
            </select>
          </label>
          <button className="primary" disabled={what.kind === "view" && !home}>{say("Make a link")}</button>
        </form>
        {made && <Made url={made} />}
        {(problem || error) && <p className="problem" role="alert">{problem || error}</p>}
        {there.length > 0 && <ul className="plain shares" aria-label={say("Links that are good")}>{there.map((item) => (
          <Good key={item.id} share={item} revoke={() => void shares.revoke(item).then(() => done(""), failed)} />))}</ul>}
      </div>
    </dialog>
  );
}

/** The namespaces of a list's runs, and the one that is chosen: a link opens runs of one. */
function useHome(what: Offer) {
  const [chosen, setHome] = useState("");
  const question: Question | null = what.kind === "view" ? what.question : null;
  const ask = async (signal: AbortSignal) => (question ? (await api.groups(question, ["cluster", "namespace"], [], signal)).groups : []);
  const { answer } = useAnswer(ask, [question]);
  const homes = (answer ?? []).map((group) => group.values.map(format.value).join("/"));
  return { homes, home: homes.includes(chosen) ? chosen : homes[0] ?? "", setHome };
}

function Made({ url }: { url: string }) {
  const [copied, setCopied] = useState("");
  // A page without TLS has no clipboard.
  const copy = () => void (navigator.clipboard?.writeText(url) ?? Promise.reject(new Error())).then(() => setCopied(say("Copied.")), () => setCopied(say("Copy it by hand.")));
  return (
    <>
      <div className="toolbar made">
        <input readOnly aria-label={say("Link")} value={url} onFocus={(event) => event.target.select()} />
        <button onClick={copy}>{say("Copy")}</button>
      </div>
      <p className="hint" role="status">{copied || say("It is shown this once.")}</p>
    </>
  );
}

function Good({ share, revoke }: { share: Shared; revoke: () => void }) {
  return (
    <li>
      <span><strong>{say("until {time}", { time: format.moment(share.expires_at) })}</strong><small>{[told(share), share.made_by].filter(Boolean).join(" · ")}</small></span>
      <button onClick={revoke}>{say("Take back")}</button>
    </li>
  );
}

/** What tells links to lists and comparisons apart. */
function told(share: Shared): string {
  if (share.kind === "view") return `${share.opens.split("/")[1] ?? ""}: ${share.filter || say("All runs")}`;
  return share.kind === "compare" ? share.runs.join(", ") : "";
}
