/** One report: read with its panels alive, with its versions and comments; and what one may do with it. */

import { useContext, useRef, useState } from "react";
import { Absent } from "../Absent";
import { go, href, useParameter } from "../address";
import { Back } from "../Back";
import * as format from "../format";
import { useAnswer, type Live } from "../live";
import { Share } from "../Share";
import { language, say } from "../say";
import { Visiting } from "../visiting";
import * as client from "./client";
import type { Report } from "./client";
import { Body } from "./Body";
import { Comments } from "./Comments";
import { Editor } from "./Editor";
import { file, type Kept } from "./exported";

interface Props { id: string; live: Live; dark: boolean }

export default function ReportPage({ id, live, dark }: Props) {
  const [version, setVersion] = useParameter("version", "");
  const [editing, setEditing] = useParameter("edit", "");
  const [saves, setSaves] = useState(0);
  const isVisit = useContext(Visiting) !== null;
  const { answer: report, error } = useAnswer((signal) => client.read(id, version, signal), [id, version, saves]);
  if (!report && error) return <Absent why={error} to="/reports" back={say("All reports")} />;
  if (!report) return <main className="page"><p className="hint">{say("Reading …")}</p></main>;
  const newest = report.versions[report.versions.length - 1]?.version ?? 0;
  if (editing && !report.read_only && !isVisit) {
    const done = () => { setEditing(""); setVersion(""); setSaves((count) => count + 1); };
    return <Editor id={id} before={newest} draft={report} live={live} dark={dark} saved={done} leave={() => setEditing("")} />;
  }
  return (
    <main className="page">
      <Shown report={report} newest={newest} error={error ?? ""} live={live} dark={dark} edit={() => setEditing("1")} setVersion={setVersion} />
      {!report.read_only && <Comments id={id} first={report.comments} key={`${id} ${saves}`} />}
    </main>
  );
}

interface ShownProps {
  report: Report;
  newest: number;
  error: string;
  live: Live;
  dark: boolean;
  edit: () => void;
  setVersion: (version: string) => void;
}

function Shown({ report, newest, error, live, dark, edit, setVersion }: ShownProps) {
  const isWritten = useContext(Visiting) === null && !report.read_only;
  const article = useRef<HTMLElement>(null);
  const panels = useRef(new Map<number, Kept>());
  const [problem, setProblem] = useState("");
  const failed = (reason: Error) => setProblem(reason.message);
  const download = () => article.current && file(article.current, panels.current, told(report)).then((text) => keep(text, report), failed);
  const remove = () => { if (window.confirm(say("Take this report away? Its versions stay in the bucket."))) client.remove(report.id, newest).then(() => go("/reports"), failed); };
  return (
    <>
      <div className="title report-title">
        <Back to="/reports">{say("All reports")}</Back>
        <span className="place">{report.namespace}{report.project && ` / ${report.project}`}</span>
        <span className="spacer" />
        {report.read_only ? <span className="pill">{say("read only, from Git")}</span> : <select aria-label={say("Version")} value={report.version} onChange={(event) => setVersion(event.target.value === String(newest) ? "" : event.target.value)}>
          {[...report.versions].reverse().map((item) => <option key={item.version} value={item.version}>{say("version {number}", { number: item.version })} · {format.short(item.saved_at)}</option>)}
        </select>}
        {!report.read_only && <Share what={{ kind: "report", id: report.id }} />}
        {isWritten && <button onClick={edit}>{say("Edit")}</button>}
        <button onClick={download}>{say("Export HTML")}</button>
        {isWritten && <button onClick={remove}>{say("Delete")}</button>}
      </div>
      {(error || problem) && <p className="problem" role="alert">{error || problem}</p>}
      {report.removed && <p className="problem">{say("This report was taken away. Edit an earlier version and save it to have it again.")}</p>}
      <div className="report">
        <h1>{report.title}</h1>
        <p className="hint">{[report.saved_by, format.moment(report.saved_at)].filter(Boolean).join(", ")}</p>
        <article ref={article}><Body text={report.text} live={live} dark={dark} panels={panels.current} /></article>
      </div>
    </>
  );
}

function told(report: Report) {
  const link = location.origin + href("reports", report.id);
  return {
    title: report.title, language: language(),
    place: [report.project, report.saved_by, format.moment(report.saved_at), say("version {number}", { number: report.version })].filter(Boolean).join(" · "),
    note: say("Exported by Chiplog on {time} from {link}. Charts show what was recorded until then; their numbers stand in this file as JSON.", { time: format.moment(new Date().toISOString()), link }),
  };
}

function keep(text: string, report: Report) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/html" }));
  link.download = `${report.id.split("/").pop()}-${report.version}.html`;
  link.click();
  URL.revokeObjectURL(link.href);
}
