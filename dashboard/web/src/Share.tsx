/** A button that makes a link to one run, project or report, and shows those that are good; without the right to it there is none. */

import { useContext, useState } from "react";
import * as format from "./format";
import { useAnswer } from "./live";
import { later, say } from "./say";
import * as shares from "./shares";
import type { Kind, Shared } from "./shares";

const TOLD: Record<Kind, string> = {
  run: later("Whoever has the link sees this run, without signing on, and changes nothing."),
  project: later("Whoever has the link sees all runs of this project, without signing on, and changes nothing."),
  report: later("Whoever has the link sees this report and the runs of its project, without signing on, and changes nothing."),
};

export function Share({ kind, id }: { kind: Kind; id: string }) {
  const days = useContext(shares.LinkDays);
  const [open, setOpen] = useState(false);
  if (!days) return null;
  return <><button onClick={() => setOpen(true)} aria-haspopup="dialog">{say("Share")}</button>{open && <Sheet kind={kind} id={id} most={days} close={() => setOpen(false)} />}</>;
}

function Sheet({ kind, id, most, close }: { kind: Kind; id: string; most: number; close: () => void }) {
  const offered = shares.choices(most);
  const [days, setDays] = useState(offered.find((count) => count >= 7) ?? offered[0] ?? most);
  const [made, setMade] = useState("");
  const [problem, setProblem] = useState("");
  const [changes, setChanges] = useState(0);
  const { answer, error } = useAnswer((signal) => shares.list(signal), [changes]);
  const done = (url: string) => { setMade(url); setProblem(""); setChanges((count) => count + 1); };
  const failed = (reason: Error) => setProblem(reason.message);
  const there = (answer?.shares ?? []).filter((item) => item.kind === kind && item.opens === id);
  return (
    <dialog open className="palette share" aria-label={say("Share")} onClick={(event) => event.target === event.currentTarget && close()} onKeyDown={(event) => event.key === "Escape" && close()}>
      <div>
        <h2>{say("Share by a link")}<button className="quiet icon" aria-label={say("Close")} onClick={close}>✕</button></h2>
        <p className="hint">{say(TOLD[kind])}</p>
        <form className="toolbar" onSubmit={(event) => { event.preventDefault(); shares.make(kind, id, days).then((share) => done(share.url), failed); }}>
          <label>{say("Good for")}
            <select autoFocus value={days} onChange={(event) => setDays(Number(event.target.value))}>
              {offered.map((count) => <option key={count} value={count}>{count === 1 ? say("1 day") : say("{count} days", { count })}</option>)}
            </select>
          </label>
          <button className="primary">{say("Make a link")}</button>
        </form>
        {made && <Made url={made} />}
        {(problem || error) && <p className="problem" role="alert">{problem || error}</p>}
        {there.length > 0 && <ul className="plain shares" aria-label={say("Links that are good")}>{there.map((item) => (
          <Good key={item.id} share={item} revoke={() => void shares.revoke(item).then(() => done(""), failed)} />))}</ul>}
      </div>
    </dialog>
  );
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
      <span><strong>{say("until {time}", { time: format.moment(share.expires_at) })}</strong><small>{share.made_by}</small></span>
      <button onClick={revoke}>{say("Take back")}</button>
    </li>
  );
}
