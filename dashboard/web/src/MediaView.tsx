/** Media of a run by the keys that they were logged under: a slider goes through the steps; histograms lie beside each other. */

import { useEffect, useMemo, useRef, useState } from "react";
import * as api from "./api";
import type { File, Tree, Value } from "./api";
import { useParameter } from "./address";
import { Boundary } from "./Boundary";
import * as format from "./format";
import { useAnswer } from "./live";
import { Drawn } from "./media/Drawn";
import { Layered } from "./media/Layered";
import { Space } from "./media/Space";
import { bins, fileOf, heat, logged, named, type Bins, type Kind, type Named, type Row } from "./media";
import { say } from "./say";

const ROWS = 60;
const TABLE_ROWS = 200;

interface Props { id: string; summary: Tree; config: Tree; beat: number; dark: boolean }

export function Media({ id, summary, config, beat, dark }: Props) {
  const keys = useMemo(() => logged(summary), [summary]);
  const { answer } = useAnswer((signal) => api.files(id, signal), [id, beat]);
  return (
    <div className="grid of-large">{keys.map(([key, kind]) => (
      <Boundary key={key} name={key} when={`${beat}`}><Key id={id} name={key} kind={kind} files={answer?.files ?? []} config={config} beat={beat} dark={dark} /></Boundary>))}
    </div>
  );
}

interface KeyProps { id: string; name: string; kind: Kind; files: File[]; config: Tree; beat: number; dark: boolean }

function Key({ id, name, kind, files, config, beat, dark }: KeyProps) {
  const { answer: rows, error } = useAnswer((signal) => api.rows(id, name, signal), [id, name, beat]);
  const there = (rows ?? []).filter((row) => row[name] !== undefined);
  return (
    <section className="chart" aria-label={name}>
      <header><h3 title={name}>{name}</h3></header>
      {error && <p className="problem" role="alert">{error}</p>}
      {!rows && !error && <p className="hint">{say("Reading …")}</p>}
      {rows && there.length === 0 && <p className="hint">{say("Nothing.")}</p>}
      {there.length > 0 && (kind === "histogram" ? <Histograms rows={there} name={name} dark={dark} /> : <Stepped id={id} name={name} kind={kind} rows={there} files={files} config={config} dark={dark} />)}
    </section>
  );
}

/** The newest until the reader moves the slider; the step stands in the link. */
function Stepped({ rows, ...shown }: Omit<KeyProps, "beat"> & { rows: Row[] }) {
  const { name } = shown;
  const [wanted, setWanted] = useParameter("at", "");
  const found = wanted === "" ? -1 : rows.findLastIndex((row) => (row._step ?? 0) <= Number(wanted));
  const at = wanted === "" ? rows.length - 1 : Math.max(0, found);
  const row = rows[at];
  const step = (place: number) => String(rows[place]?._step ?? place);
  if (!row) return null;
  return (
    <>
      <div className="steps">
        <input type="range" min={0} max={rows.length - 1} value={at} disabled={rows.length < 2} aria-label={say("Step of {name}", { name })}
          aria-valuetext={step(at)} onChange={(event) => setWanted(Number(event.target.value) === rows.length - 1 ? "" : step(Number(event.target.value)))} />
        <output>{say("step {step}", { step: step(at) })}</output>
      </div>
      <div className="shown">{named(row[name]).map((item, place) => <Shown key={place} item={item} {...shown} />)}</div>
    </>
  );
}

export function Shown({ id, name, kind, item, files, config, dark }: Omit<KeyProps, "beat"> & { item: Named }) {
  const file = fileOf(files, item);
  if (!file) return <p className="hint">{say("{path} is not in the bucket.", { path: item.path })}</p>;
  const source = api.content(id, file);
  const caption = item.caption || (file.path.split("/").pop() ?? "");
  if (kind === "table") return <Grid source={source} />;
  return (
    <figure className={WIDE.has(kind) ? "wide" : ""}>
      {kind === "picture" && (item.masks || item.boxes ? <Layered {...{ id, name, item, source, caption, files, config }} /> : <img src={source} alt={caption} />)}
      {kind === "sound" && <audio src={source} controls preload="none" />}
      {kind === "film" && (isMoving(file.path) ? <img src={source} alt={caption} /> : <video src={source} controls preload="metadata" />)}
      {kind === "page" && isFramed && <iframe src={`${source}?view=page`} sandbox="allow-scripts" referrerPolicy="no-referrer" loading="lazy" title={caption} />}
      {kind === "figure" && <Drawn source={source} caption={caption} dark={dark} />}
      {kind === "cloud" && isCloud(file.path) && <Space source={source} caption={caption} />}
      {(kind === "file" || (kind === "page" && !isFramed) || (kind === "cloud" && !isCloud(file.path))) && <a href={source} download>{say("Download {path}", { path: file.path.split("/").pop() ?? "" })}</a>}
      {(item.caption || !WIDE.has(kind)) && <figcaption title={file.path}>{caption}</figcaption>}
    </figure>
  );
}

const WIDE: ReadonlySet<Kind> = new Set(["page", "figure", "cloud"]);
/** Elsewhere a browser does not say that it is a frame that asks, and the server gives the page as a file. */
const isFramed = window.isSecureContext;
const isMoving = (path: string) => /\.gif$/i.test(path); // wandb makes its videos of arrays so, and no browser plays them as films.
const isCloud = (path: string) => /\.pts\.json$/i.test(path);

interface Told { columns: Value[]; data: Value[][] }

/** A table as wandb writes it; what is none is an error that the reader sees. */
function Grid({ source }: { source: string }) {
  const { answer, error } = useAnswer((signal) => api.get<Told>(source, signal), [source]);
  if (error) return <p className="problem" role="alert">{error}</p>;
  if (!answer) return <p className="hint">{say("Reading …")}</p>;
  return (
    <div className="scroll tabled" tabIndex={0}>
      <table>
        <thead><tr>{answer.columns.map((name, place) => <th key={place}>{format.value(name)}</th>)}</tr></thead>
        <tbody>{answer.data.slice(0, TABLE_ROWS).map((cells, place) => <tr key={place}>{cells.map((cell, column) => <td key={column} className={typeof cell === "number" ? "right" : ""}>{format.value(cell)}</td>)}</tr>)}</tbody>
      </table>
      {answer.data.length > TABLE_ROWS && <p className="hint">{say("and {count} more", { count: answer.data.length - TABLE_ROWS })}</p>}
    </div>
  );
}

export function Histograms({ rows, name, dark }: { rows: Row[]; name: string; dark: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const found = useMemo(() => rows.flatMap((row, place) => { const told = bins(row[name]); return told ? [{ step: row._step ?? place, told }] : []; }), [rows, name]);
  const map = useMemo(() => (found.length ? heat(found.map((item) => item.told), ROWS) : null), [found]);
  useEffect(() => { if (canvas.current && map) paint(canvas.current, map.columns); }, [map, dark]);
  if (!map) return <p className="hint">{say("Nothing.")}</p>;
  const one = at === null ? undefined : found[at];
  const moved = (event: React.MouseEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(Math.max(0, Math.min(found.length - 1, Math.floor(((event.clientX - box.left) / box.width) * found.length))));
  };
  return (
    <div className="histograms">
      <span className="up">{format.number(map.high)}</span>
      <canvas ref={canvas} width={found.length} height={ROWS} role="img" aria-label={say("{name} over {count} steps, from {low} to {high}", { name, count: found.length, low: format.number(map.low), high: format.number(map.high) })} onMouseMove={moved} onMouseLeave={() => setAt(null)} />
      <span className="down">{format.number(map.low)}</span>
      <p className="hint">{one ? `${say("step {step}", { step: format.number(one.step) })} · ${told(one.told)}` : say("steps {first} to {last}", { first: format.number(found[0]?.step ?? 0), last: format.number(found[found.length - 1]?.step ?? 0) })}</p>
    </div>
  );
}

function told({ counts, edges }: Bins): string {
  const most = counts.indexOf(Math.max(...counts));
  return say("most between {low} and {high}", { low: format.number(edges[most] ?? 0), high: format.number(edges[most + 1] ?? 0) });
}

/** A pixel for each step and row, in the accent's colour; the browser makes it as large as it is shown. */
function paint(canvas: HTMLCanvasElement, columns: number[][]): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = getComputedStyle(canvas).getPropertyValue("--accent");
  columns.forEach((column, x) => column.forEach((share, row) => {
    context.globalAlpha = share;
    if (share > 0) context.fillRect(x, ROWS - 1 - row, 1, 1);
  }));
}
