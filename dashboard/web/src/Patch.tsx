/** What was changed of the code since its commit, as the writer saved it. */

import * as api from "./api";
import type { File } from "./api";
import * as format from "./format";
import { useAnswer } from "./live";
import { say } from "./say";

/** As wandb and `import chiplog` call it. */
const PATCH = /(^|\/)diff\.patch$/;
const MOST_BYTES = 512 * 1024;

export function Patch({ id, beat }: { id: string; beat: number }) {
  const { answer } = useAnswer((signal) => api.files(id, signal), [id, beat]);
  const found = (answer?.files ?? []).filter((file) => PATCH.test(file.path) && file.sha256);
  return <>{found.map((file) => <One key={file.sha256} id={id} file={file} />)}</>;
}

function One({ id, file }: { id: string; file: File }) {
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
