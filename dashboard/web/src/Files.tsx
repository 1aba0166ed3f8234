/** The files of a run: pictures and sounds as such, everything with its size and digest, to look at or to keep. */

import * as api from "./api";
import { useParameter } from "./address";
import type { File } from "./api";
import * as format from "./format";
import { useAnswer } from "./live";
import { say } from "./say";

const PICTURE = /\.(png|jpe?g|gif|webp)$/i;
const SOUND = /\.(wav|mp3)$/i;
const FILM = /\.(mp4|webm)$/i;
const SHOWN = 200;
/** `scene_80` stands before `scene_100`. */
const NATURAL = new Intl.Collator("en", { numeric: true });

export function Files({ id, beat }: { id: string; beat: number }) {
  const [search, setSearch] = useParameter("find", "");
  const { answer, error } = useAnswer((signal) => api.files(id, signal), [id, beat]);
  const found = (answer?.files ?? []).filter((file) => file.path.toLowerCase().includes(search.toLowerCase())).sort((a, b) => NATURAL.compare(a.path, b.path));
  const media = found.filter((file) => file.sha256 && (PICTURE.test(file.path) || SOUND.test(file.path) || FILM.test(file.path)));
  return (
    <div>
      <div className="toolbar">
        <input type="search" placeholder={say("Find a file")} aria-label={say("Find a file")} value={search} onChange={(event) => setSearch(event.target.value)} />
        <span className="hint">{answer && say("{count} files, {bytes}", { count: found.length, bytes: format.bytes(found.reduce((sum, file) => sum + (file.size ?? 0), 0)) })}</span>
      </div>
      {error && <p className="problem">{error}</p>}
      {media.length > 0 && <div className="media strip" role="group" aria-label={say("Pictures, sounds and films")} tabIndex={0}>{media.slice(-SHOWN).reverse().map((file) => <Medium key={`${file.recorder}${file.path}`} id={id} file={file} />)}</div>}
      <div className="scroll" tabIndex={0} role="group" aria-label={say("Files")}><table className="files">
        <thead><tr><th>{say("Path")}</th><th className="right">{say("Size")}</th><th>{say("Versions")}</th><th>{say("Changed")}</th><th>SHA-256</th></tr></thead>
        <tbody>{found.slice(0, 2000).map((file) => (
          <tr key={`${file.recorder}${file.container}${file.path}`}>
            <td>{file.sha256 ? <a href={api.content(id, file)} download>{file.path}</a> : <>{file.path} <span className="problem">{file.missing}</span></>}</td>
            <td className="right">{format.bytes(file.size)}</td><td>{file.versions}</td><td>{format.moment(file.modified)}</td>
            <td><code>{file.sha256?.slice(0, 12)}</code></td>
          </tr>))}
        </tbody>
      </table></div>
    </div>
  );
}

function Medium({ id, file }: { id: string; file: File }) {
  const source = api.content(id, file);
  return (
    <figure>
      {PICTURE.test(file.path) && <img src={source} alt={file.path} loading="lazy" />}
      {SOUND.test(file.path) && <audio src={source} controls preload="none" />}
      {FILM.test(file.path) && <video src={source} controls preload="metadata" />}
      <figcaption title={file.path}>{file.path.split("/").pop()}</figcaption>
    </figure>
  );
}
