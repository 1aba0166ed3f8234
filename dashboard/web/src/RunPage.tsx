/** One run: the truth of its life, its curves, system load, console and files. */

import { useMemo } from "react";
import { Actions } from "./Actions";
import { Absent } from "./Absent";
import * as api from "./api";
import type { Detail, Run, Tree } from "./api";
import { useParameter } from "./address";
import { Back } from "./Back";
import { Charts } from "./Charts";
import { colour } from "./colours";
import { Console } from "./Console";
import { Files } from "./Files";
import * as format from "./format";
import { givenTo } from "./hues";
import { beatOf, useAnswer, type Live } from "./live";
import { Media } from "./MediaView";
import { logged } from "./media";
import { Saved } from "./Saved";
import { notify } from "./notice";
import { later, say } from "./say";
import { Share } from "./Share";
import { StatePill } from "./StatePill";
import { flat } from "./trees";

const TABS = ["overview", "charts", "media", "system", "console", "files"] as const;
const TOLD = { overview: later("overview"), charts: later("charts"), media: later("media"), system: later("system"), console: later("console"), files: later("files") };

export function RunPage({ id, live, dark }: { id: string; live: Live; dark: boolean }) {
  const [tab, setTab] = useParameter("tab", "overview");
  const beat = beatOf(live, [id]);
  const { answer: run, error } = useAnswer((signal) => api.run(id, signal), [id, beat]);
  const look = useMemo(() => ({ colour: () => colour(givenTo(id) ?? 0, dark), name: () => run?.display_name ?? "" }), [id, dark, run?.display_name]);
  const ids = useMemo(() => [id], [id]);
  const now = live.byId.get(id) ?? run;
  if (!run && error) return <Absent why={error} to="/runs" back={say("All runs")} />;
  if (!run) return <main className="page"><p className="hint">{say("Reading the run …")}</p></main>;
  return (
    <main className="page">
      <div className="title">
        <Back to="/runs">{say("All runs")}</Back>
        <h1>{run.display_name}</h1>
        <StatePill state={now?.state ?? run.state} reason={now?.reason ?? run.reason} />
        <span className="place">{run.namespace} / {run.project || say("no project")} / {run.run}</span>
        {now?.archived && <span className="pill">{say("archived")}</span>}
        {now?.deleted && <span className="pill failed">{say("deleted")}</span>}
        <span className="spacer" />
        <Share what={{ kind: "run", id }} />
        {now && <Actions runs={[now]} />}
      </div>
      <nav className="tabs" role="tablist">
        {TABS.filter((name) => name !== "media" || logged(run.summary).length > 0).map((name) => (
          <button key={name} role="tab" aria-selected={tab === name} onClick={() => setTab(name)}>{say(TOLD[name])}</button>
        ))}
      </nav>
      {error && <p className="problem">{error}</p>}
      {tab === "overview" && <Overview run={run} now={now} beat={beat} />}
      {tab === "charts" && <Charts ids={ids} keys={run.keys} look={look} beat={beat} />}
      {tab === "media" && <Media id={id} summary={run.summary} config={run.config} beat={beat} dark={dark} />}
      {tab === "system" && <Charts ids={ids} keys={run.system_keys} look={look} beat={beat} kind="system" />}
      {tab === "console" && <Console id={id} beat={beat} />}
      {tab === "files" && <Files id={id} beat={beat} />}
    </main>
  );
}

function Overview({ run, now, beat }: { run: Detail; now: Run | undefined; beat: number }) {
  return (
    <div className="masonry">
      <Facts name={say("Life")} facts={life(run, now)} />
      <Attempts run={run} />
      <Leaves name={say("Summary")} part="summary" tree={run.summary} />
      <Leaves name={say("Config")} part="config" tree={run.config} />
      <Facts name={say("How it was made")} facts={making(run)} />
      <Recorders run={run} />
      <Again run={run} />
      {Object.keys(run.environment).length > 0 && <Leaves name={say("Environment")} part="environment" tree={run.environment} />}
      <Saved id={run.id} beat={beat} />
    </div>
  );
}

function life(run: Detail, now: Run | undefined): [string, string][] {
  const took = run.started_at
    ? ((run.finished_at ? Date.parse(run.finished_at) : Date.now()) - Date.parse(run.started_at)) / 1000 : null;
  return [
    [say("State"), [now?.state ?? run.state, run.reason && run.reason !== "Completed" ? run.reason : ""].filter(Boolean).join(" · ")],
    [say("Exit code"), run.exit_code === null ? "" : String(run.exit_code)],
    [say("Started"), format.moment(run.started_at)],
    [say("Took"), took === null ? "" : format.duration(took)],
    [say("Step"), run.step === null ? "" : format.number(run.step)],
    [say("Recorded"), recorded(run)],
    [say("Tags"), (now ?? run).tags.join(", ")],
    [say("Notes"), run.notes],
  ];
}

function recorded(run: Detail): string {
  if (run.durable) return say("everything, in the bucket");
  const pending = run.recorders.reduce((sum, item) => sum + (item.pending_bytes ?? 0), 0);
  if (run.lag_seconds === null) return say("nothing heard of yet");
  const left = pending ? say(", {bytes} still to be shipped", { bytes: format.bytes(pending) }) : "";
  return say("{seconds} s behind", { seconds: run.lag_seconds.toFixed(1) }) + left;
}

function making(run: Detail): [string, string][] {
  const environment = run.environment;
  const git = (environment.git ?? run.wandb.git ?? {}) as Tree;
  return [
    ["ServiceAccount", run.service_account],
    [say("Created by"), run.created_by],
    [say("Says that it is of"), run.claimed_by],
    [say("Images"), Object.entries(run.images).map(([name, image]) => `${name}: ${image}`).join("\n")],
    [say("Command"), Object.values(run.command).map((words) => words.join(" ")).join("\n")],
    [say("Variables"), variables(run)],
    [say("Datasets"), run.datasets.map((item) => [item.name, item.uri, item.digest].filter(Boolean).join(" ")).join("\n")],
    ["Git", [git.remote_url ?? git.remote, git.commit].filter(Boolean).map(format.value).join(" @ ")],
    [say("Program"), format.value(environment.program)],
    ["Python", format.value(environment.python)],
    [say("Host"), format.value(environment.host ?? run.wandb.host)],
    [say("What can be lost"), [...new Set(run.streams.map((item) => item.loss_bound).filter(Boolean))].join("\n")],
    [say("Requests"), `${Object.entries(run.requests).reduce((sum, [kind, count]) => (kind === "bytes" ? sum : sum + count), 0)}, ${say("${price} at list price", { price: run.cost_usd.toFixed(6) })}`],
  ];
}

function variables(run: Detail): string {
  const told = Object.values(run.variables).flatMap((found) => Object.entries(found));
  return told.map(([name, value]) => (value === null ? name : `${name}=${value}`)).join("\n");
}

function Facts({ name, facts }: { name: string; facts: [string, string][] }) {
  const told = facts.filter(([, text]) => text !== "");
  return (
    <section className="card">
      <h2>{name}</h2>
      <dl>{told.map(([term, text]) => <div key={term}><dt>{term}</dt><dd>{text}</dd></div>)}</dl>
    </section>
  );
}

function Leaves({ name, part, tree }: { name: string; part: string; tree: Tree }) {
  const [search, setSearch] = useParameter(`find.${part}`, "");
  const leaves = flat(tree).filter(([key]) => !key.startsWith("_") && key.toLowerCase().includes(search.toLowerCase()));
  return (
    <section className="card">
      <h2>{name} <input type="search" placeholder={say("Filter")} aria-label={say("Filter {name}", { name })} value={search} onChange={(event) => setSearch(event.target.value)} /></h2>
      {leaves.length === 0 && <p className="hint">{say("Nothing.")}</p>}
      <dl className="leaves">{leaves.map(([key, item]) => <div key={key}><dt>{key}</dt><dd>{format.value(item)}</dd></div>)}</dl>
    </section>
  );
}

function Attempts({ run }: { run: Detail }) {
  if (run.attempt_list.length === 0) return null;
  return (
    <section className="card">
      <h2>{say("Attempts")}</h2>
      <table>
        <thead><tr><th>#</th><th>{say("Reason")}</th><th className="right">{say("Exit")}</th><th>{say("Started")}</th><th className="right">{say("Took")}</th><th>{say("Pod · node")}</th></tr></thead>
        <tbody>{run.attempt_list.map((item) => (
          <tr key={item.number}>
            <td>{item.number}</td><td>{item.reason}</td><td className="right">{item.exit_code ?? ""}</td>
            <td>{format.moment(item.started_at)}</td>
            <td className="right">{item.started_at && item.finished_at ? format.duration((Date.parse(item.finished_at) - Date.parse(item.started_at)) / 1000) : ""}</td>
            <td>{item.recorders.map((one) => `${one.pod} · ${one.node}`).join(", ")}</td>
          </tr>))}
        </tbody>
      </table>
    </section>
  );
}

function Recorders({ run }: { run: Detail }) {
  const problems = run.recorders.flatMap((item) => item.problems);
  const gaps = run.streams.reduce((sum, item) => sum + item.gaps, 0);
  return (
    <section className="card">
      <h2>{say("Recording")}</h2>
      <table>
        <thead><tr><th>{say("Pod")}</th><th>{say("Attempt")}</th><th>{say("Rank")}</th><th>{say("State")}</th><th>{say("Last upload")}</th><th className="right">{say("Pending")}</th></tr></thead>
        <tbody>{run.recorders.map((item) => (
          <tr key={item.id}>
            <td>{item.pod || item.id}</td><td>{item.attempt}</td><td>{item.rank}</td><td>{item.state ?? say("sealed")}</td>
            <td>{format.moment(item.last_upload)}</td><td className="right">{format.bytes(item.pending_bytes)}</td>
          </tr>))}
        </tbody>
      </table>
      {gaps > 0 && <p className="problem">{say("{count} stretches of the source could not be read; they are gaps in the history.", { count: gaps })}</p>}
      {problems.map((text) => <p className="problem" key={text}>{text}</p>)}
      {run.unread.map((text) => <p className="problem" key={text}>{text}</p>)}
    </section>
  );
}

/** How to have it once more, as commands to copy. */
function Again({ run }: { run: Detail }) {
  const commands: [string, string][] = [
    [say("Again in the cluster"), `chiplog retrain ${run.run}`],
    [say("Again here"), Object.values(run.command).slice(0, 1).map((words) => `chiplog run -- ${words.map(quoted).join(" ")}`).join("")],
    [say("Its directory as it was"), `chiplog restore ${run.run} DIR`],
  ];
  return (
    <section className="card">
      <h2>{say("Reproduce it")}</h2>
      {commands.filter(([, text]) => text).map(([told, text]) => (
        <div key={told} className="again"><span>{told}</span><code>{text}</code>
          <button className="quiet" aria-label={say("Copy {text}", { text })} onClick={() => void navigator.clipboard?.writeText(text).then(() => notify({ text: say("Copied."), isProblem: false }))}>{say("Copy")}</button></div>))}
    </section>
  );
}

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
