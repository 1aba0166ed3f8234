/** A report that is not there yet: where it shall stand, and a first text with the team's own runs in it. */

import { useMemo, useState } from "react";
import * as api from "../api";
import type { Run } from "../api";
import { go, href } from "../address";
import { headlineOf, short } from "../fields";
import { slug } from "../format";
import { useRows } from "../listed";
import { useAnswer, type Live } from "../live";
import { say } from "../say";
import * as client from "./client";
import { Editor } from "./Editor";

export default function NewReport({ live, dark }: { live: Live; dark: boolean }) {
  const { answer } = useAnswer((signal) => api.groups({}, ["cluster", "namespace"], [], signal), []);
  const places = useMemo(() => (answer?.groups ?? []).map((group) => group.values.join("/")).sort(), [answer]);
  const [chosen, setChosen] = useState("");
  const [now] = useState(Date.now);
  const [title, setTitle] = useState("");
  const place = chosen || places[0] || "";
  const question = useMemo(() => { const [cluster, namespace] = place.split("/").map((name) => JSON.stringify(name)); return { filter: `cluster = ${cluster} and namespace = ${namespace ?? '""'}` }; }, [place]);
  const { runs, total } = useRows(question, MEASURED, live);
  if (!answer || (place && total === null)) return <main className="page"><p className="hint">{say("Reading …")}</p></main>;
  if (!place) return <main className="page"><p className="hint">{say("A report stands beside runs, in their namespace, and there are none yet.")}</p></main>;
  if (!title) {
    return (
      <main className="page">
        <form className="card ask" onSubmit={(event) => { event.preventDefault(); setTitle(String(new FormData(event.currentTarget).get("title"))); }}>
          <h1>{say("New report")}</h1>
          <label className="field">{say("Title")}<input name="title" required autoFocus maxLength={200} /></label>
          <label className="field">{say("Namespace")}<select value={place} onChange={(event) => setChosen(event.target.value)}>{places.map((item) => <option key={item}>{item}</option>)}</select></label>
          <button className="primary">{say("Write it")}</button>
        </form>
      </main>
    );
  }
  const id = `${place}/${slug(title, now)}`;
  return <Editor id={id} before={0} draft={first(runs, title)} live={live} dark={dark} saved={() => go(href("reports", id))} leave={() => go("/reports")} />;
}

const MEASURED = 100;

function first(runs: Run[], title: string): client.Draft {
  const project = runs[0]?.project ?? "";
  const metric = short(headlineOf(runs).name) || "loss";
  const filter = project ? `project = ${JSON.stringify(project)}` : "";
  const text = `${say("What was tried, and what came of it.")}\n\n\`\`\`chiplog\nruns: ${filter}\nlimit: 8\nkeys: ${metric}\n\`\`\`\n\n\`\`\`chiplog\npanel: table\nruns: ${filter}\n\`\`\`\n`;
  return { title, project, text };
}
