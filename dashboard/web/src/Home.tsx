/** The first view: what runs now, what ended badly of late, what needs a look, and the projects. */

import { useContext, useMemo } from "react";
import * as api from "./api";
import type { NightLine, Run } from "./api";
import { foundHref, href, runHref } from "./address";
import * as format from "./format";
import { Verdict } from "./Lines";
import { Link } from "./Link";
import { useAnswer, type Live } from "./live";
import { headline, Welcome } from "./RunList";
import { Share } from "./Share";
import { LinkDays } from "./shares";
import { StatePill } from "./StatePill";
import { isShown } from "./words";
import { say } from "./say";

const TONIGHT_HOURS = 24;
const LATE_SECONDS = 120;
const SHOWN = 8;

export function Home({ live }: { live: Live }) {
  const { answer } = useAnswer((signal) => api.lineList(signal), [live.runs.length]);
  const now = Date.now();
  const runs = useMemo(() => live.runs.filter((run) => isShown(run, "")), [live.runs]);
  const sorted = useMemo(() => sort(runs, now), [runs, Math.floor(now / 60_000)]);
  const lines = (answer?.lines ?? []).filter((line) => !line.holds);
  const projects = useMemo(() => grouped(runs, now), [runs, Math.floor(now / 60_000)]);
  if (live.trouble && live.runs.length === 0) return <main className="page"><p className="problem" role="alert">{live.trouble}</p></main>;
  if (!live.loaded) return <main className="page"><p className="hint">{say("Reading …")}</p></main>;
  if (live.runs.length === 0) return <main className="page"><Welcome /></main>;
  return (
    <main className="page">
      <h1 className="hidden">{say("Overview")}</h1>
      <div className="tiles">
        <Tile name={say("running")} count={sorted.running.length} tone="info" to={foundHref('state = "running"')} />
        <Tile name={say("failed in {hours} h", { hours: TONIGHT_HOURS })} count={sorted.failed.length} tone="bad" to={foundHref(`state in ("failed", "killed") and finished_at > -${TONIGHT_HOURS}h order by finished_at desc`)} />
        <Tile name={say("need a look")} count={sorted.doubtful.length + lines.length} tone="warn" />
        <Tile name={say("runs")} count={runs.length} tone="plain" to="/runs" />
      </div>
      <div className={sorted.doubtful.length > 0 || lines.length > 0 ? "overview three" : "overview"}>
        <Listed name={say("Running now")} runs={sorted.running} empty={say("Nothing runs.")} />
        <Listed name={say("Failed in the last {hours} hours", { hours: TONIGHT_HOURS })} runs={sorted.failed} empty={say("Nothing failed.")} />
        {(sorted.doubtful.length > 0 || lines.length > 0) && <Doubtful runs={sorted.doubtful} lines={lines} />}
        <Projects projects={projects} />
      </div>
    </main>
  );
}

function Tile({ name, count, tone, to }: { name: string; count: number; tone: string; to?: string }) {
  const inner = <><strong className={count ? tone : ""}>{count.toLocaleString("en-US")}</strong><span>{name}</span></>;
  return to ? <Link to={to} className="tile">{inner}</Link> : <div className="tile">{inner}</div>;
}

function Listed({ name, runs, empty }: { name: string; runs: Run[]; empty: string }) {
  return (
    <section className="card">
      <h2>{name} {runs.length > 0 && <span className="count">{runs.length}</span>}</h2>
      {runs.length === 0 && <p className="hint">{empty}</p>}
      <ul className="plain">{runs.slice(0, SHOWN).map((run) => <Item key={run.id} run={run} />)}</ul>
      {runs.length > SHOWN && <p className="hint">{say("and {count} more", { count: runs.length - SHOWN })}</p>}
    </section>
  );
}

function Item({ run, why }: { run: Run; why?: string }) {
  const when = run.finished_at ?? run.started_at;
  return (
    <li>
      <Link to={runHref(run.id)}>
        <span><strong>{run.display_name}</strong><small>{why ?? `${run.project || run.namespace}${run.step === null ? "" : ` · ${say("step {step}", { step: format.number(run.step) })}`}${headline(run)}`}</small></span>
        {when && <small>{format.ago((Date.now() - Date.parse(when)) / 1000)}</small>}
        <StatePill state={run.state} reason={run.reason} />
      </Link>
    </li>
  );
}

function Doubtful({ runs, lines }: { runs: Run[]; lines: NightLine[] }) {
  return (
    <section className="card">
      <h2>{say("Needs a look")} <span className="count">{runs.length + lines.length}</span></h2>
      <ul className="plain">
        {lines.slice(0, SHOWN).map((line) => (
          <li key={line.id}>
            <Link to={href("lines", line.id)}>
              <span><strong>{line.name}</strong><small>{wordOf(line)}</small></span>
              <Verdict line={line} />
            </Link>
          </li>))}
        {runs.slice(0, SHOWN).map((run) => <Item key={run.id} run={run} why={doubt(run)} />)}
      </ul>
    </section>
  );
}

function wordOf(line: NightLine): string {
  return line.failed_gates.join("; ") || line.message || `${line.state} ${line.reason}`;
}

interface Project {
  name: string;
  cluster: string;
  namespace: string;
  runs: number;
  running: number;
  failed: number;
  newest: string | null;
}

function Projects({ projects }: { projects: Project[] }) {
  const canShare = useContext(LinkDays) > 0;
  return (
    <section className="card wide">
      <h2>{say("Projects")} <span className="count">{projects.length}</span></h2>
      <table>
        <thead><tr><th>{say("Project")}</th><th>{say("Namespace")}</th><th className="right">{say("Runs")}</th><th className="right">{say("Running")}</th><th className="right">{say("Failed, {hours} h", { hours: TONIGHT_HOURS })}</th><th className="right">{say("Last started")}</th>{canShare && <th className="right">{say("Share")}</th>}</tr></thead>
        <tbody>{projects.map((item) => (
          <tr key={`${item.namespace}/${item.name}`}>
            <td><Link to={foundHref(`project = ${JSON.stringify(item.name)} and namespace = ${JSON.stringify(item.namespace)}`)}>{item.name || say("no project")}</Link></td>
            <td>{item.namespace}</td><td className="right">{item.runs.toLocaleString("en-US")}</td>
            <td className="right">{item.running || ""}</td><td className={item.failed ? "right bad" : "right"}>{item.failed || ""}</td>
            <td className="right">{item.newest ? format.ago((Date.now() - Date.parse(item.newest)) / 1000) : ""}</td>
            {canShare && <td className="right">{item.name && <Share kind="project" id={`${item.cluster}/${item.namespace}/${item.name}`} />}</td>}
          </tr>))}
        </tbody>
      </table>
    </section>
  );
}

const isFailed = (run: Run, now: number) =>
  (run.state === "failed" || run.state === "killed") && run.reason !== "Pruned" && run.reason !== "Stopped" &&
  run.finished_at !== null && now - Date.parse(run.finished_at) < TONIGHT_HOURS * 3_600_000;

export function sort(runs: Run[], now: number): { running: Run[]; failed: Run[]; doubtful: Run[] } {
  return {
    running: runs.filter((run) => run.state === "running"),
    failed: runs.filter((run) => isFailed(run, now)).sort((a, b) => (b.finished_at ?? "").localeCompare(a.finished_at ?? "")),
    doubtful: runs.filter((run) => doubt(run) !== ""),
  };
}

/** Why a run needs a look; empty where it does not. */
export function doubt(run: Run): string {
  if (run.state === "silent") return say("nothing is heard of it");
  if (run.state === "running" && (run.lag_seconds ?? 0) > LATE_SECONDS) return say("recording is {time} behind", { time: format.duration(run.lag_seconds ?? 0) });
  return "";
}

export function grouped(runs: Run[], now: number): Project[] {
  const found = new Map<string, Project>();
  for (const run of runs) {
    const key = `${run.namespace}/${run.project}`;
    const item = found.get(key) ?? { name: run.project, cluster: run.cluster, namespace: run.namespace, runs: 0, running: 0, failed: 0, newest: null };
    item.runs += 1;
    item.running += Number(run.state === "running");
    item.failed += Number(isFailed(run, now));
    if ((run.started_at ?? "") > (item.newest ?? "")) item.newest = run.started_at;
    found.set(key, item);
  }
  return [...found.values()].sort((a, b) => (b.newest ?? "").localeCompare(a.newest ?? ""));
}
