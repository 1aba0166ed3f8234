/** What two runs' code has not in common, as lines taken away and lines added. */

import * as api from "./api";
import type { File, Run, Tree } from "./api";
import { useParameter } from "./address";
import { change, pairs, type Change, type Pair } from "./code";
import * as format from "./format";
import { useAnswer } from "./live";
import { say } from "./say";

const MOST_FILES = 30;

interface Found { changes: Change[]; same: number; left: number; commits: [string, string] }

export default function CodeDiff({ runs }: { runs: Run[] }) {
  const [one, setOne] = useParameter("from", runs[0]?.id ?? "");
  const [other, setOther] = useParameter("to", runs[1]?.id ?? "");
  const { answer, error } = useAnswer((signal) => read(one, other, signal), [one, other]);
  return (
    <section className="card spaced code-diff">
      <h2>{say("Code")}
        <Choice name={say("From")} runs={runs} value={one} choose={setOne} /> → <Choice name={say("To")} runs={runs} value={other} choose={setOther} />
      </h2>
      {error && <p className="problem" role="alert">{error}</p>}
      {!answer && !error && <p className="hint">{say("Reading …")}</p>}
      {answer && <Changes found={answer} />}
    </section>
  );
}

function Choice({ name, runs, value, choose }: { name: string; runs: Run[]; value: string; choose: (id: string) => void }) {
  return <select aria-label={name} value={value} onChange={(event) => choose(event.target.value)}>{runs.map((run) => <option key={run.id} value={run.id}>{run.display_name}</option>)}</select>;
}

function Changes({ found }: { found: Found }) {
  const [before, after] = found.commits;
  const isMoved = before !== after;
  return (
    <>
      {isMoved && <p>Git <code>{before || "–"}</code> → <code>{after || "–"}</code></p>}
      {found.changes.length === 0 && !isMoved && <p className="hint">{say("Nothing of their code that was recorded differs.")}</p>}
      {found.changes.map((item) => (
        <details key={item.name} open={item.added + item.removed <= 200}>
          <summary><code>{item.name}</code> <span className="good">+{item.added}</span> <span className="bad">−{item.removed}</span></summary>
          <pre tabIndex={0}>{item.hunks.map((hunk) => (
            <span key={hunk.at}><i>{hunk.at}{"\n"}</i>{hunk.lines.map((line, place) => <span key={place} className={line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : ""}>{line}{"\n"}</span>)}</span>))}
          </pre>
        </details>))}
      {found.left > 0 && <p className="hint">{say("and {count} more", { count: found.left })}</p>}
      {found.same > 0 && <p className="hint">{say("{count} files are the same.", { count: found.same })}</p>}
    </>
  );
}

async function read(one: string, other: string, signal: AbortSignal): Promise<Found> {
  const [left, right, ours, theirs] = await Promise.all([api.files(one, signal), api.files(other, signal), api.run(one, signal), api.run(other, signal)]);
  const { differing, same } = pairs(left.files, right.files);
  const shown = differing.slice(0, MOST_FILES);
  const changes = await Promise.all(shown.map((pair) => changeOf(pair, one, other, signal)));
  return { changes, same, left: differing.length - shown.length, commits: [commit(ours), commit(theirs)] };
}

async function changeOf(pair: Pair, one: string, other: string, signal: AbortSignal): Promise<Change> {
  const [before, after] = await Promise.all([textOf(one, pair.left, signal), textOf(other, pair.right, signal)]);
  return change(pair.name, before, after);
}

async function textOf(id: string, file: File | null, signal: AbortSignal): Promise<string> {
  if (!file) return "";
  const answer = await fetch(api.content(id, file), { signal });
  if (!answer.ok) throw new Error(`${file.path}: ${answer.status}`);
  return answer.text();
}

function commit(run: api.Detail): string {
  const git = (run.environment.git ?? run.wandb.git ?? {}) as Tree;
  return format.value(git.commit).slice(0, 12);
}
