/** The server's HTTP API (docs/api.md) as types and calls; it keeps nothing. */

import type { Row } from "./media";
import { later, say } from "./say";

export type State =
  | "pending" | "running" | "suspended" | "finished" | "failed" | "killed" | "silent" | "untracked";

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Tree = { [key: string]: Value };

/** A run as the list has it. */
export interface Run {
  id: string;
  namespace: string;
  project: string;
  run: string;
  name: string;
  display_name: string;
  state: State;
  reason: string;
  cluster: string;
  attempts: number;
  step: number | null;
  created_at: number | null;
  started_at: string | null;
  finished_at: string | null;
  config: Tree;
  summary: Tree;
  tags: string[];
  lag_seconds: number | null;
  durable: boolean | null;
  bound: boolean;
  /** Somebody put it away: it is in no list that does not ask for it. */
  archived: boolean;
  /** Somebody gave it up, and it can be had back for some days. */
  deleted: boolean;
  metrics: { name: string; goal?: string }[];
}

export interface Attempt {
  number: number;
  reason: string;
  exit_code: number | null;
  started_at: string | null;
  finished_at: string | null;
  recorders: { pod: string; node: string; rank: number; containers?: Tree[] }[];
}

export interface Recorder {
  id: string;
  attempt: number;
  rank: number;
  pod: string;
  node: string;
  state: string | null;
  last_upload: string | null;
  lag_seconds: number | null;
  pending_bytes: number | null;
  problems: string[];
}

/** A run in full. */
export interface Detail extends Run {
  notes: string;
  created_by: string;
  service_account: string;
  /** Nobody checks it. */
  claimed_by: string;
  exit_code: number | null;
  datasets: { name?: string; uri?: string; digest?: string }[];
  images: { [container: string]: string };
  command: { [container: string]: string[] };
  /** What the manifest sets, without secrets; null is a value from elsewhere. */
  variables: { [container: string]: { [name: string]: string | null } };
  attempt_list: Attempt[];
  recorders: Recorder[];
  streams: { kind: string; path: string; gaps: number; loss_bound: string }[];
  environment: Tree;
  wandb: Tree;
  requests: { [kind: string]: number };
  cost_usd: number;
  unread: string[];
  keys: string[];
  system_keys: string[];
}

export interface Curve {
  attempt: number;
  rank: number;
  writer: string;
  /** Rows that the curve was made of. */
  points: number;
  x: number[];
  min: (number | null)[];
  max: (number | null)[];
  last: (number | null)[];
  step: number[];
  time: (number | null)[];
}

export interface RunCurves { run: string; curves: Curve[] }
export interface Line { time: string | null; source: string; attempt: number; rank: number; text: string }

export interface File {
  path: string;
  container: string;
  attempt: number;
  rank: number;
  recorder: string;
  versions: number;
  size: number | null;
  sha256: string | null;
  modified: string | null;
  missing: string;
}

export type Axis = "step" | "time" | "elapsed";

export class ApiError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, signal ? { signal } : {});
}

export async function ask<T>(path: string, how: RequestInit): Promise<T> {
  const answer = await fetch(path, how);
  if (answer.ok) return (await answer.json()) as T; // A body that was broken off is an error, and no empty answer.
  throw await refusal(answer, path);
}

/** What people are told of an answer whose own words are the server's. */
const PLAIN: Partial<Record<string, string>> = {
  too_costly: later("This is more than the server may read for one question, in time or memory. Ask for less: fewer runs, or a shorter stretch."),
};

/** Why a question was refused. */
export async function refusal(answer: Response, path: string): Promise<ApiError> {
  const body: unknown = await answer.json().catch(() => ({}));
  const { code = "", message } = (body as { error?: { code?: string; message?: string } }).error ?? {};
  const plain = PLAIN[code];
  return new ApiError(answer.status, plain ? say(plain) : message ?? `${path}: ${answer.status}`);
}

/** Who looks; name is null for nobody. */
export interface Session {
  name: string | null;
  /** Whether a cookie says so, which can be forgotten. */
  cookie: boolean;
  /** For so many days a link may be good that they make; 0 where they can make none. */
  link_days: number;
  /** What the link opens by which they came; null where they came by none. */
  visits: { kind: string; href: string } | null;
  sign_on: { required: boolean; tokens: boolean; proxy: boolean; oidc: boolean };
}

export const session = () => get<Session>("/api/v1/session");
export const signOn = (token: string) =>
  ask<{ name: string }>("/api/v1/session", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }),
  });
export const signOff = () => ask<object>("/api/v1/session", { method: "DELETE" });

export interface Sweep {
  id: string;
  namespace: string;
  name: string;
  sweep: string;
  method: string;
  metric: string | null;
  goal: string | null;
  trials: number;
  succeeded: number;
  failed: number;
  pruned: number;
  /** Trials that are not over; the counts above are of those that are. */
  running: number;
  best: string | null;
  value: number | null;
  parameters: Tree | null;
}

export interface Trial {
  id: string;
  index: number;
  name: string;
  /** Of one that is over; of another its run's. */
  state: "succeeded" | "pruned" | State;
  value: number | null;
  message: string;
  parameters: Tree;
  started_at: string | null;
  finished_at: string | null;
}

export interface SweepDetail extends Sweep {
  trial_list: Trial[];
  /** Those that are not over, each with the newest value that it logged. */
  running_list: Trial[];
  importance: { parameter: string; importance: number; correlation: number | null; trials: number }[];
}

export interface NightLine {
  id: string;
  namespace: string;
  name: string;
  nights: number;
  scheduled_at: string;
  state: State | "missed";
  reason: string;
  holds: boolean;
  metric: string | null;
  message: string;
  failed_gates: string[];
  missed: string[];
}

export interface Night {
  /** Of its run; a night that was missed has none. */
  id: string | null;
  scheduled_at: string;
  name: string;
  state: State | "missed";
  reason: string;
  message: string;
  late_seconds: number | null;
  metrics: { [name: string]: number };
  holds: boolean;
  gates: { holds: boolean; is_warning: boolean; said: string }[];
  is_latest: boolean;
}

export interface LineDetail extends NightLine {
  latest: string | null;
  night_list: Night[];
}

export const sweeps = (signal?: AbortSignal) => get<{ sweeps: Sweep[] }>("/api/v1/sweeps", signal);
export const sweep = (id: string, signal?: AbortSignal) => get<SweepDetail>(`/api/v1/sweeps/${escaped(id)}`, signal);
export const lineList = (signal?: AbortSignal) => get<{ lines: NightLine[] }>("/api/v1/lines", signal);
export const line = (id: string, signal?: AbortSignal) => get<LineDetail>(`/api/v1/lines/${escaped(id)}`, signal);

/** Which runs a list has, and in which order; without anything it is every run, newest first. */
export interface Question {
  /** An expression (docs/query.md), which may have an order of its own. */
  filter?: string;
  /** All of them stand in what a run is called. */
  words?: string;
  show?: "all" | "current" | "archived" | "deleted";
  /** As after `order by`. */
  order?: string;
  /** Ids of runs, alone or in full. */
  only?: string[];
}

function asked({ only = [], ...question }: Question, more: [string, string][] = []): URLSearchParams {
  return new URLSearchParams([...Object.entries(question).filter(([, value]) => value), ...only.map((id): [string, string] => ["only", id]), ...more]);
}

export const runs = (question: Question, offset: number, limit: number, signal?: AbortSignal) =>
  get<{ total: number; runs: Run[] }>(`/api/v1/runs?${asked(question, [["offset", String(offset)], ["limit", String(limit)]])}`, signal);

/** What is said of a run, and taken back. */
export type Picked = Pick<Run, "id" | "tags" | "archived" | "deleted">;

/** All runs of a list, each with what was said of it. */
export async function picked(question: Question, signal?: AbortSignal): Promise<Picked[]> {
  const fields: [string, string][] = ["tags", "archived", "deleted"].map((name) => ["field", name]);
  const { ids, values } = await get<{ ids: string[]; values: { tags: (string[] | null)[]; archived: boolean[]; deleted: boolean[] } }>(`/api/v1/select?${asked(question, fields)}`, signal);
  return ids.map((id, at) => ({ id, tags: values.tags[at] ?? [], archived: values.archived[at] ?? false, deleted: values.deleted[at] ?? false }));
}

export interface Measured { mean: number; low: number; high: number }

export interface Group {
  values: Value[];
  runs: number;
  running: number;
  failed: number;
  numbers: { [field: string]: Measured | null };
}

/** Runs taken together by fields, with what numbers of theirs are like; both are named as expressions name them. */
export const groups = (question: Question, by: string[], of: string[], signal?: AbortSignal) =>
  get<{ runs: number; total: number; groups: Group[] }>(
    `/api/v1/groups?${asked(question, [...by.map((name): [string, string] => ["by", name]), ...of.map((name): [string, string] => ["of", name])])}`, signal);

export interface Named { name: string; number: boolean }

export const fields = (question: Question, signal?: AbortSignal) => get<{ fields: Named[] }>(`/api/v1/fields?${asked(question)}`, signal);

export const run = (id: string, signal?: AbortSignal) => get<Detail>(`/api/v1/runs/${escaped(id)}`, signal);
export const files = (id: string, signal?: AbortSignal) =>
  get<{ files: File[] }>(`/api/v1/runs/${escaped(id)}/files`, signal);

export const lines = (id: string, search: string, last: number, signal?: AbortSignal) =>
  get<{ total: number; lines: Line[] }>(
    `/api/v1/runs/${escaped(id)}/console?${new URLSearchParams({ search, last: String(last) })}`, signal);

export const content = (id: string, file: File) =>
  `/api/v1/runs/${escaped(id)}/files/${encodeURIComponent(file.recorder)}/${file.sha256 ?? ""}`;

/** The rows of a run in which a metric was logged, as they were written. */
export async function rows(id: string, key: string, signal?: AbortSignal): Promise<Row[]> {
  const answer = await fetch(`/api/v1/runs/${escaped(id)}/history?${new URLSearchParams({ key })}`, signal ? { signal } : {});
  if (!answer.ok) throw await refusal(answer, key);
  return (await answer.text()).split("\n").filter(Boolean).map((line) => JSON.parse(line) as Row);
}

export function keys(ids: string[], signal?: AbortSignal) {
  return get<{ keys: string[] }>(`/api/v1/keys?${new URLSearchParams(ids.map((id) => ["run", id]))}`, signal);
}

/** What the parameters of some runs have to do with a value of theirs, such as `summary.loss`. */
export function importance(ids: string[], metric: string, signal?: AbortSignal) {
  const query = new URLSearchParams([["metric", metric], ...ids.map((id): [string, string] => ["run", id])]);
  return get<{ importance: SweepDetail["importance"] }>(`/api/v1/importance?${query}`, signal);
}

export interface CurveQuestion {
  key: string;
  ids: string[];
  axis: Axis;
  points: number;
  kind: "history" | "system";
  from?: number | undefined;
  to?: number | undefined;
}

export function curves(asked: CurveQuestion, signal?: AbortSignal) {
  const query = new URLSearchParams({
    key: asked.key, axis: asked.axis, points: String(asked.points), kind: asked.kind,
  });
  for (const id of asked.ids) query.append("run", id);
  if (asked.from !== undefined) query.set("from", String(asked.from));
  if (asked.to !== undefined) query.set("to", String(asked.to));
  return get<{ key: string; runs: RunCurves[] }>(`/api/v1/curves?${query}`, signal);
}

export function escaped(id: string): string {
  return id.split("/").map(encodeURIComponent).join("/");
}
