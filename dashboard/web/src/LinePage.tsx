/** One line: its nights as a calendar, the metric beside the band of the nights before, gates, and what is missing. */

import { useMemo } from "react";
import uPlot from "uplot";
import { Absent } from "./Absent";
import * as api from "./api";
import type { LineDetail, Night } from "./api";
import { runHref, useParameter } from "./address";
import { Back } from "./Back";
import { colour, faded } from "./colours";
import * as format from "./format";
import { Link } from "./Link";
import { Verdict } from "./Lines";
import { useAnswer, type Live } from "./live";
import { band, weeks, type Day } from "./nights";
import { Plot } from "./Plot";
import { Share } from "./Share";
import { later, say } from "./say";

export function LinePage({ id, live, dark }: { id: string; live: Live; dark: boolean }) {
  const { answer: line, error } = useAnswer((signal) => api.line(id, signal), [id, live.total]);
  if (!line && error) return <Absent why={error} to="/lines" back={say("All lines")} />;
  if (!line) return <main className="page"><p className="hint">{say("Reading the line …")}</p></main>;
  return (
    <main className="page">
      <div className="title">
        <Back to="/lines">{say("All lines")}</Back>
        <h1>{line.name}</h1>
        <Verdict line={line} />
        <span className="place">{line.namespace} / {say("{count} nights", { count: line.nights })}</span>
        <span className="spacer" />
        <Share what={{ kind: "line", id }} />
      </div>
      {error && <p className="problem" role="alert">{error}</p>}
      <div className="overview spaced">
        <Calendar line={line} />
        <Gates line={line} />
      </div>
      <Metric line={line} dark={dark} />
      <Nights line={line} />
    </main>
  );
}

const MARKS = [["holds", later("holds")], ["fails", later("failed, or a gate did")], ["missed", later("missed")]] as const;
const TOLD = { holds: later("holds"), fails: later("failed"), missed: later("missed"), none: later("no night") };
const DAYS = [later("Mon"), "", later("Wed"), "", later("Fri"), "", later("Sun")];

function Calendar({ line }: { line: LineDetail }) {
  const found = useMemo(() => weeks(line, new Date()), [line]);
  return (
    <section className="card scroll">
      <h2>{say("Nights")}</h2>
      <div className="calendar">
        <div className="week days" aria-hidden="true">{DAYS.map((name, place) => <span key={place}>{name && say(name)}</span>)}</div>
        {found.map((week) => (
          <div className="week" key={week[0]?.date}>{week.map((day) => <Cell key={day.date} day={day} />)}</div>))}
      </div>
      <p className="legend">{MARKS.map(([mark, word]) => <span key={mark}><i className={`night ${mark}`} />{say(word)}</span>)}<span><i className="night holds latest" />{say("the latest")}</span></p>
    </section>
  );
}

function Cell({ day }: { day: Day }) {
  const words = say(TOLD[day.mark]);
  const told = [`${day.date}: ${words}`, ...day.nights.map((night) => night.name || night.message), day.isLatest ? say("the latest") : ""].filter(Boolean).join("\n");
  const name = `night ${day.mark}${day.isLatest ? " latest" : ""}`;
  const to = day.nights.findLast((night) => night.id !== null)?.id;
  return to ? <Link to={runHref(to)} className={name} title={told}><span className="hidden">{told}</span></Link> : <i className={name} title={told} />;
}

function RunOf({ night }: { night: Night }) {
  return night.id ? <Link to={runHref(night.id)}>{night.name}</Link> : <>{say("no run")}</>;
}

function Gates({ line }: { line: LineDetail }) {
  const night = line.night_list[line.night_list.length - 1];
  if (!night) return null;
  return (
    <section className="card">
      <h2>{say("Gates of the last night")}</h2>
      <p><RunOf night={night} /> <span className="hint">{format.moment(night.scheduled_at)}</span></p>
      {night.message && <p className="bad">{night.message}</p>}
      {night.gates.length === 0 && !night.message && <p className="hint">{say("It has no gates.")}</p>}
      <ul className="gates">{night.gates.map((gate, place) => (
        <li key={place} className={gate.holds ? "good" : gate.is_warning ? "warn" : "bad"}>
          <span>{gate.holds ? "✓" : gate.is_warning ? "!" : "✕"}</span>{gate.said}
        </li>))}
      </ul>
      <p className="hint">{line.latest ? say("The pointer stands at {run}.", { run: line.latest }) : say("No night has moved the pointer yet.")}</p>
    </section>
  );
}

function Metric({ line, dark }: { line: LineDetail; dark: boolean }) {
  const names = useMemo(() => [...new Set(line.night_list.flatMap((night) => Object.keys(night.metrics)))].sort(), [line]);
  const [chosen, choose] = useParameter("metric", line.metric ?? names[0] ?? "");
  const data = useMemo(() => curve(line.night_list, chosen), [line, chosen]);
  if (names.length === 0) return null;
  const series: uPlot.Series[] = [
    {},
    { stroke: faded(colour(0, dark), 0.6), width: 1.5, spanGaps: true, points: { show: true, size: 7, fill: colour(2, dark), stroke: colour(2, dark) } },
    { stroke: "transparent", paths: () => null, points: { show: true, size: 9, fill: colour(3, dark), stroke: colour(3, dark) } },
    { stroke: "transparent", points: { show: false } },
    { stroke: "transparent", points: { show: false } },
  ];
  const tell = (place: number) => {
    const night = line.night_list[place];
    const [low, high] = [data[3]?.[place], data[4]?.[place]];
    if (!night) return [];
    const before = typeof low === "number" && typeof high === "number" ? [say("nights before {low} … {high}", { low: format.number(low), high: format.number(high) })] : [];
    return [format.moment(night.scheduled_at), `${chosen} ${format.value(night.metrics[chosen])}`, night.holds ? say("holds") : say("does not hold"), ...before];
  };
  return (
    <section className="card spaced">
      <h2>
        <span>{say("{metric}, night by night", { metric: chosen })}</span>
        {names.length > 1 && <select aria-label={say("Metric")} value={chosen} onChange={(event) => choose(event.target.value)}>{names.map((name) => <option key={name}>{name}</option>)}</select>}
      </h2>
      <Plot data={data} series={series} bands={[{ series: [4, 3], fill: faded(colour(0, dark), 0.13) }]} dark={dark} height={240} isTime tell={tell} label={say("{metric} of {count} nights", { metric: chosen, count: line.nights })} />
      <p className="hint">{say("The band holds the middle four fifths of up to 30 good nights before; red points are nights that do not hold.")}</p>
    </section>
  );
}

function curve(nights: Night[], metric: string): uPlot.AlignedData {
  const { low, high } = band(nights, metric);
  const value = (night: Night) => night.metrics[metric] ?? null;
  return [
    nights.map((night) => Date.parse(night.scheduled_at) / 1000), nights.map(value),
    nights.map((night) => (night.holds ? null : value(night))), low, high,
  ];
}

function Nights({ line }: { line: LineDetail }) {
  const newest = [...line.night_list].reverse();
  return (
    <section className="card scroll">
      <h2>{say("All nights")} <span className="count">{newest.length}</span></h2>
      <table>
        <thead><tr><th>{say("Scheduled")}</th><th>{say("Run")}</th><th>{say("State")}</th><th className="right">{line.metric ?? ""}</th><th>{say("Verdict")}</th></tr></thead>
        <tbody>{newest.slice(0, 400).map((night) => (
          <tr key={`${night.scheduled_at} ${night.id}`}>
            <td>{format.moment(night.scheduled_at)}</td>
            <td className="noted"><RunOf night={night} />{night.is_latest ? ` ★ ${say("the latest")}` : ""}</td>
            <td><span className={`pill ${night.state}`}>{night.state}</span></td>
            <td className="right">{line.metric ? format.value(night.metrics[line.metric]) : ""}</td>
            <td>{night.holds ? say("holds") : night.gates.filter((gate) => !gate.holds).map((gate) => gate.said).join("; ") || night.message || night.reason}{night.late_seconds !== null && night.late_seconds > 60 ? say(", {time} late", { time: format.duration(night.late_seconds) }) : ""}</td>
          </tr>))}
        </tbody>
      </table>
    </section>
  );
}
