/** Columns of the table of runs: which there are, in which order and how wide; runs in a column's order; as files and as groups. It draws nothing. */

import type { Run, Value } from "./api";
import { isNumber, named, read, short, took } from "./fields";
import * as format from "./format";

export interface Column {
  name: string;
  read: (run: Run) => Value | undefined;
  width: number;
  right?: boolean;
}

const OWN: Column[] = [
  { name: "name", read: (run) => run.display_name, width: 220 },
  { name: "state", read: (run) => run.state, width: 96 },
  { name: "project", read: (run) => run.project, width: 130 },
  { name: "namespace", read: (run) => run.namespace, width: 110 },
  { name: "step", read: (run) => run.step, width: 84, right: true },
  { name: "started", read: (run) => run.started_at, width: 150 },
  { name: "took", read: took, width: 84, right: true },
  { name: "attempts", read: (run) => run.attempts, width: 92, right: true },
  { name: "reason", read: (run) => run.reason, width: 130 },
  { name: "lag", read: (run) => (run.durable ? 0 : run.lag_seconds), width: 64, right: true },
  { name: "tags", read: (run) => run.tags.join(", "), width: 140 },
];
export const FIRST = ["name", "state", "project", "step", "started", "took", "attempts"];

/** Our own columns, and one for each config and summary key of the first runs. */
export function columnsOf(runs: Run[]): Column[] {
  const numbers = new Set([...named(runs, "config", isNumber), ...named(runs, "summary", isNumber)]);
  const found = [...named(runs, "config"), ...named(runs, "summary")].map((name): Column => ({
    name, read: (run) => read(run, name), right: numbers.has(name), width: Math.min(220, Math.max(100, short(name).length * 8 + 24)),
  }));
  return [...OWN, ...found];
}

/** What has no value comes last, whatever the direction. */
export function sortedBy(runs: Run[], columns: Column[], sort: string): Run[] {
  const down = sort.startsWith("-");
  const column = columns.find((item) => item.name === sort.replace(/^-/, ""));
  if (!column) return runs;
  const valued = runs.map((run) => ({ run, value: column.read(run) }));
  const isNone = (value: Value | undefined) => value === undefined || value === null || value === "";
  valued.sort((a, b) => {
    if (isNone(a.value) || isNone(b.value)) return Number(isNone(a.value)) - Number(isNone(b.value));
    const order = typeof a.value === "number" && typeof b.value === "number" ? a.value - b.value : format.value(a.value).localeCompare(format.value(b.value));
    return down ? -order : order;
  });
  return valued.map((item) => item.run);
}

/** `name:300,step:90` as widths by name. */
export function widthsOf(text: string): Map<string, number> {
  const found = text.split(",").flatMap((part): [string, number][] => {
    const colon = part.lastIndexOf(":");
    const width = Number(part.slice(colon + 1));
    return colon > 0 && width >= LEAST_WIDTH ? [[part.slice(0, colon), Math.min(width, MOST_WIDTH)]] : [];
  });
  return new Map(found);
}

export const written = (widths: Map<string, number>) => [...widths].map(([name, width]) => `${name}:${Math.round(width)}`).join(",");
export const LEAST_WIDTH = 48;
const MOST_WIDTH = 900;

export interface Laid extends Column {
  /** How far from the left edge it stays; null where it scrolls. */
  left: number | null;
}

/** Pinned columns first, in the order of the others; each as wide as the reader made it. `before` is what stands left of all. */
export function laid(columns: Column[], pinned: Set<string>, widths: Map<string, number>, before: number): Laid[] {
  let left = before;
  const sized = columns.map((column) => ({ ...column, width: widths.get(column.name) ?? column.width }));
  return [...sized.filter((column) => pinned.has(column.name)), ...sized.filter((column) => !pinned.has(column.name))].map((column) => {
    const place = pinned.has(column.name) ? left : null;
    left += column.width;
    return { ...column, left: place };
  });
}

export interface Group { value: Value | undefined; runs: Run[] }

/** Runs by a value of theirs, the largest group first. */
export function groupsOf(runs: Run[], name: string): Group[] {
  const found = new Map<string, Group>();
  for (const run of runs) {
    const value = read(run, name);
    const key = JSON.stringify(value ?? null);
    const group = found.get(key) ?? { value, runs: [] };
    group.runs.push(run);
    found.set(key, group);
  }
  return [...found.values()].sort((a, b) => b.runs.length - a.runs.length);
}

/** Mean, lowest and highest of a column's numbers; null where there are none. */
export function aggregate(runs: Run[], column: Column): { mean: number; low: number; high: number } | null {
  let [count, sum, low, high] = [0, 0, Infinity, -Infinity];
  for (const run of runs) {
    const value = column.read(run);
    if (typeof value !== "number" || !Number.isFinite(value)) continue;
    count += 1;
    sum += value;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return count ? { mean: sum / count, low, high } : null;
}

/** The expression that means a group's runs. */
export function meaning(name: string, value: Value | undefined): string {
  const [part, ...rest] = name.split(".");
  const key = rest.join(".");
  const field = key ? `${part}.${/^[\w-]+(\.[\w-]+)*$/.test(key) ? key : JSON.stringify(key)}` : name;
  return value === undefined || value === null ? `${field} is null` : `${field} = ${JSON.stringify(value)}`;
}

export function csv(runs: Run[], columns: Column[]): string {
  // A cell that begins like a formula is a text to us, and must be one to a spreadsheet.
  const cell = (value: Value | undefined) => {
    const text = value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [columns.map((item) => item.name), ...runs.map((run) => columns.map((item) => cell(item.read(run))))].map((row) => row.join(",")).join("\n") + "\n";
}

/** The same as a list of objects; what a run has not is null. */
export function json(runs: Run[], columns: Column[]): string {
  return JSON.stringify(runs.map((run) => Object.fromEntries([["id", run.id], ...columns.map((item) => [item.name, item.read(run) ?? null])])), null, 1) + "\n";
}
