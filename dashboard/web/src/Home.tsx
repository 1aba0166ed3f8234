/** The first view: what runs now, what ended badly of late, what needs a look, and the projects. */

import { useContext, useMemo } from "react";
import * as api from "./api";
import type { Group, NightLine, Run } from "./api";
import { foundHref, href, runHref } from "./address";
import * as format from "./format";
import { Verdict } from "./Lines";
import { Link } from "./Link";
import { useFollowed, useRows } from "./listed";
import type { Live } from "./live";
import { headline, Welcome } from "./RunList";
import { Share } from "./Share";
import { LinkDays } from "./shares";
import { StatePill } from "./StatePill";
import { say } from "./say";

const TONIGHT_HOURS = 24;
const LATE_SECONDS = 120;
const SHOWN = 8;

const RUNNING = 'state = "running"';
const FAILED = `state in ("failed", "killed") and reason not in ("Pruned", "Stopped") and finished_at > -${TONIGHT_HOURS}h`;
const DOUBTFUL = `state = "silent" or (state = "running" and lag_seconds > ${LATE_SECONDS})`;
const PLACE = ["cluster", "namespace", "project"];

const asked = (filter: string) => ({ filter, show: "current" as const });
const [RUNNING_LIST, FAILED_LIST, DOUBTFUL_LIST] = [asked(RUNNING), asked(`${FAILED} order by finished_at desc`), asked(DOUBTFUL)];

interface Some { runs: Run[]; total: number | null }

export function Home({ live }: { live: Live }) {
  const { answer } = useFollowed((signal) => api.lineList(signal), [], live.news);
  const running = useRows(RUNNING_LIST, SHOWN, live);
  const failed = useRows(FAILED_LIST, SHOWN, live);
  const doubtful = useRows(DOUBTFUL_LIST, SHOWN, live);
  const { answer: every, error } = useFollowed((signal) => api.groups({ show: "current" }, PLACE, ["started_at"], signal), [], live.news);
  const { answer: bad } = useFollowed((signal) => api.groups(asked(FAILED), PLACE, [], signal), [], live.news);
  const projects = useMemo(() => projectsOf(every?.groups ?? [], bad?.groups ?? []), [every, bad]);
  const lines = (answer?.lines ?? []).filter((line) => !line.holds);
  const doubts = (doubtful.total ?? 0) + lines.length;
  const trouble = live.trouble || (every ? "" : error);
  if (trouble && !every) return <main className="page"><p className="problem" role="alert">{trouble}</p></main>;
  if (!live.loaded || !every) return <main className="page"><p className="hint">{say("Reading …")}</p></main>;
  if (live.total === 0) return <main className="page"><Welcome /></main>;
  return (
    <main className="page">
      <h1 className="hidden">{say("Overview")}</h1>
      <div className="tiles">
        <Tile name={say("running")} count={running.total ?? 0} tone="info" to={foundHref(RUNNING)} />
        <Tile name={say("failed in {hours} h", { hours: TONIGHT_HOURS })} count={failed.total ?? 0} tone="bad" to={foundHref(FAILED_LIST.filter)} />
        <Tile name={say("need a look")} count={doubts} tone="warn" />
        <Tile name={say("runs")} count={every.runs} tone="plain" to="/runs" />
      </div>
      <div className={doubts > 0 ? "overview three" : "overview"}>
        <Listed name={say("Running now")} some={running} empty={say("Nothing runs.")} />
        <Listed name={say("Failed in the last {hours} hours", { hours: TONIGHT_HOURS })} some={failed} empty={say("Nothing failed.")} />
        {doubts > 0 && <Doubtful some={doubtful} lines={lines} />}
        <Projects projects={projects} />
      </div>
    </main>
  );
}

function Tile({ name, count, tone, to }: { name: string; count: number; tone: string; to?: string }) {
  const inner = <><strong className={count ? tone : ""}>{count.toLocaleString("en-US")}</strong><span>{name}</span></>;
  return to ? <Link to={to} className="tile">{inner}</Link> : <div className="tile">{inner}</div>;
}

function Listed({ name, some: { runs, total }, empty }: { name: string; some: Some; empty: string }) {
  return (
    <section className="card">
      <h2>{name} {total !== null && total > 0 && <span className="count">{total}</span>}</h2>
      {total === 0 && <p className="hint">{empty}</p>}
      <ul className="plain">{runs.map((run) => <Item key={run.id} run={run} />)}</ul>
      {(total ?? 0) > runs.length && <p className="hint">{say("and {count} more", { count: (total ?? 0) - runs.length })}</p>}
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

function Doubtful({ some: { runs, total }, lines }: { some: Some; lines: NightLine[] }) {
  return (
    <section className="card">
      <h2>{say("Needs a look")} <span className="count">{(total ?? 0) + lines.length}</span></h2>
      <ul className="plain">
        {lines.slice(0, SHOWN).map((line) => (
          <li key={line.id}>
            <Link to={href("lines", line.id)}>
              <span><strong>{line.name}</strong><small>{wordOf(line)}</small></span>
              <Verdict line={line} />
            </Link>
          </li>))}
        {runs.map((run) => <Item key={run.id} run={run} why={doubt(run)} />)}
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
  /** Unix seconds. */
  newest: number | null;
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
            <td className="right">{item.newest ? format.ago(Date.now() / 1000 - item.newest) : ""}</td>
            {canShare && <td className="right">{item.name && <Share what={{ kind: "project", id: `${item.cluster}/${item.namespace}/${item.name}` }} />}</td>}
          </tr>))}
        </tbody>
      </table>
    </section>
  );
}

/** Why a run needs a look; empty where it does not. */
export function doubt(run: Run): string {
  if (run.state === "silent") return say("nothing is heard of it");
  if (run.state === "running" && (run.lag_seconds ?? 0) > LATE_SECONDS) return say("recording is {time} behind", { time: format.duration(run.lag_seconds ?? 0) });
  return "";
}

/** Projects by their groups of runs, the one in which a run started last first. */
export function projectsOf(every: Group[], failed: Group[]): Project[] {
  const bad = new Map(failed.map((group) => [JSON.stringify(group.values), group.runs]));
  const found = every.map((group): Project => {
    const [cluster, namespace, name] = group.values.map((value) => format.value(value));
    return { cluster: cluster ?? "", namespace: namespace ?? "", name: name ?? "", runs: group.runs, running: group.running, failed: bad.get(JSON.stringify(group.values)) ?? 0, newest: group.numbers.started_at?.high ?? null };
  });
  return found.sort((a, b) => (b.newest ?? 0) - (a.newest ?? 0));
}
