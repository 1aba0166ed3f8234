/** What people said of a report, in Markdown without panels. */

import { useContext, useState } from "react";
import * as format from "../format";
import { say } from "../say";
import { Visiting } from "../visiting";
import * as client from "./client";
import type { Comment } from "./client";
import { Markdown } from "./Markdown";
import { tokens } from "./markdown";

export function Comments({ id, first }: { id: string; first: Comment[] }) {
  const isVisit = useContext(Visiting) !== null;
  const [comments, setComments] = useState(first);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const send = (event: React.FormEvent) => {
    event.preventDefault();
    client.comment(id, text).then((answer) => { setComments(answer.comments); setText(""); setProblem(""); }, (error: Error) => setProblem(error.message));
  };
  if (isVisit && comments.length === 0) return null;
  return (
    <section className="comments">
      <h2>{say("Comments")} {comments.length > 0 && <span className="count">{comments.length}</span>}</h2>
      {comments.map((item, place) => (
        <div className="comment card" key={place}>
          <p className="hint">{[item.saved_by, format.moment(item.saved_at)].filter(Boolean).join(", ")}</p>
          <Markdown tokens={tokens(item.text)} panel={(panel) => <pre className="code"><code>{panel}</code></pre>} />
        </div>))}
      {!isVisit && <form onSubmit={send}>
        <textarea rows={3} value={text} maxLength={16384} aria-label={say("Your comment")} placeholder={say("Your comment, in Markdown")} onChange={(event) => setText(event.target.value)} />
        {problem && <p className="problem" role="alert">{problem}</p>}
        <button disabled={!text.trim()}>{say("Comment")}</button>
      </form>}
    </section>
  );
}
