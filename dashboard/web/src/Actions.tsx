/** What one may do with some runs: tag them, put them away, delete them; each of it with the way back. */

import { useContext, useState } from "react";
import type { Picked } from "./api";
import { notify } from "./notice";
import { say } from "./say";
import { Visiting } from "./visiting";
import { inverse, tell, type Said } from "./words";

/** Says something of runs and shows how to take it back. */
export async function speak(runs: Picked[], said: Said, text: string): Promise<void> {
  const back = inverse(runs, said);
  const undo = async () => {
    try {
      for (const saying of back) await tell(saying);
      notify({ text: say("Taken back."), isProblem: false });
    } catch (error) {
      notify({ text: String((error as Error).message), isProblem: true });
    }
  };
  try {
    await tell({ runs: runs.map((run) => run.id), said });
    notify({ text, isProblem: false, undo: back.length ? () => void undo() : undefined });
  } catch (error) {
    notify({ text: (error as Error).message, isProblem: true });
  }
}

export function Actions({ runs }: { runs: Picked[] }) {
  const [tagging, setTagging] = useState(false);
  const isVisit = useContext(Visiting) !== null;
  const count = runs.length;
  const isArchived = runs.every((run) => run.archived);
  const isDeleted = runs.every((run) => run.deleted);
  const act = (said: Said, text: string) => void speak(runs, said, text);
  const tags = [...new Set(runs.flatMap((run) => run.tags))].sort();
  if (isVisit) return null;
  return (
    <span className="actions">
      <button disabled={!count} aria-expanded={tagging} onClick={() => setTagging(!tagging)}>{say("Tag")}</button>
      {!isDeleted && <button disabled={!count} onClick={() => act({ archive: !isArchived }, say(isArchived ? "{count} runs fetched back from the archive." : "{count} runs archived.", { count }))}>{say(isArchived ? "Fetch back" : "Archive")}</button>}
      <button disabled={!count} onClick={() => act({ delete: !isDeleted }, say(isDeleted ? "{count} runs will not be deleted." : "{count} runs will be deleted for good when the days of grace are over.", { count }))}>{say(isDeleted ? "Restore" : "Delete")}</button>
      {tagging && (
        <form className="tagging" onSubmit={(event) => {
          event.preventDefault();
          const tag = String(new FormData(event.currentTarget).get("tag")).trim();
          event.currentTarget.reset();
          if (tag) act({ tag: [tag] }, say("{count} runs tagged {tag}.", { count, tag }));
        }}>
          <input name="tag" autoFocus maxLength={100} placeholder={say("A new tag")} aria-label={say("A new tag")} />
          <button>{say("Add")}</button>
          {tags.map((tag) => (
            <button type="button" key={tag} className="tag" title={say("Take {tag} away", { tag })} onClick={() => act({ untag: [tag] }, say("{tag} taken away from {count} runs.", { count, tag }))}>{tag} ✕</button>))}
        </form>)}
    </span>
  );
}
