/** What the writer saved of how a run was made: the changes of its code since the commit, and the packages that were there. */

import * as api from "./api";
import type { File } from "./api";
import * as format from "./format";
import { useParameter } from "./address";
import { useAnswer } from "./live";
import { say } from "./say";

/** As wandb and `import chiplog` call it. */
const PATCH = /(^|\/)diff\.patch$/;
const PACKAGES = /(^|\/)requirements\.txt$/;
const MOST_BYTES = 512 * 1024;

export function Saved({ id, beat }: { id: string; beat: number }) {
  const { answer } = useAnswer((signal) => api.files(id, signal), [id, beat]);
  const found = (answer?.files ?? []).filter((file) => file.sha256);
  return (
    <>
      {once(found.filter((file) => PATCH.test(file.path))).map((file) => <Patch key={file.sha256} id={id} file={file} />)}
      {once(found.filter((file) => PACKAGES.test(file.path))).map((file) => <Packages key={file.sha256} id={id} file={file} />)}
    </>
  );
}

/** Each restart saves the same again. */
const once = (files: File[]) => [...new Map(files.map((file) => [file.sha256, file])).values()];

/** A line for each; which of two hundred it was is asked for by name. */
function Packages({ id, file }: { id: string; file: File }) {
  const [search, setSearch] = useParameter("find.packages", "");
  const { answer, error } = useAnswer((signal) => ((file.size ?? 0) > MOST_BYTES ? Promise.resolve("") : text(api.content(id, file), signal)), [id, file.sha256]);
  const every = (answer ?? "").split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("#"));
  const lines = every.filter((line) => line.toLowerCase().includes(search.toLowerCase()));
  const name = say("Packages");
  return (
    <section className="card">
      <h2>{name} <input type="search" placeholder={say("Filter")} aria-label={say("Filter {name}", { name })} value={search} onChange={(event) => setSearch(event.target.value)} /></h2>
      {error && <p className="problem" role="alert">{error}</p>}
      {answer !== undefined && lines.length === 0 && <p className="hint">{say("Nothing.")}</p>}
      <div className="scroll tabled" tabIndex={0}><dl className="leaves">{lines.map((line) => { const [found = line, version = ""] = line.split("=="); return <div key={line}><dt>{found}</dt><dd>{version}</dd></div>; })}</dl></div>
    </section>
  );
}

function Patch({ id, file }: { id: string; file: File }) {
  const isLarge = (file.size ?? 0) > MOST_BYTES;
  const { answer, error } = useAnswer((signal) => (isLarge ? Promise.resolve("") : text(api.content(id, file), signal)), [id, file.sha256, isLarge]);
  const name = file.path.split("/").pop() ?? "";
  return (
    <section className="card code-diff patch">
      <h2>{say("Changes since the commit")}</h2>
      {error && <p className="problem" role="alert">{error}</p>}
      {isLarge
        ? <a href={api.content(id, file)} download>{say("Download {path}", { path: `${name}, ${format.bytes(file.size)}` })}</a>
        : <pre tabIndex={0} aria-label={name}>{(answer ?? "").split("\n").map((line, place) => <span key={place} className={tone(line)}>{line}{"\n"}</span>)}</pre>}
    </section>
  );
}

const tone = (line: string) => (/^(\+\+\+|---) (a\/|b\/|\/dev\/null)/.test(line) ? "" : line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : "");

async function text(address: string, signal: AbortSignal): Promise<string> {
  const answer = await fetch(address, { signal });
  if (!answer.ok) throw new api.ApiError(answer.status, `${address}: ${answer.status}`);
  return answer.text();
}
