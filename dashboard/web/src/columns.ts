/** Columns of the table of runs: which there are, in which order and how wide; what they are called in expressions. It draws nothing. */

import type { Named, Run, Value } from "./api";
import { read, short, took } from "./fields";

export interface Column {
  name: string;
  /** As expressions name it; empty where they do not. */
  field: string;
  read: (run: Run) => Value | undefined;
  width: number;
  right?: boolean;
}

const OWN: Column[] = [
  { name: "name", field: "display_name, name", read: (run) => run.display_name, width: 220 },
  { name: "state", field: "state", read: (run) => run.state, width: 96 },
  { name: "project", field: "project", read: (run) => run.project, width: 130 },
  { name: "namespace", field: "namespace", read: (run) => run.namespace, width: 110 },
  { name: "step", field: "step", read: (run) => run.step, width: 84, right: true },
  { name: "started", field: "started_at", read: (run) => run.started_at, width: 150 },
  { name: "took", field: "took", read: took, width: 84, right: true },
  { name: "attempts", field: "attempts", read: (run) => run.attempts, width: 92, right: true },
  { name: "reason", field: "reason", read: (run) => run.reason, width: 130 },
  { name: "lag", field: "lag_seconds", read: (run) => (run.durable ? 0 : run.lag_seconds), width: 64, right: true },
  { name: "tags", field: "", read: (run) => run.tags.join(", "), width: 140 },
];
export const FIRST = ["name", "state", "project", "step", "started", "took", "attempts"];

/** Our own columns, and one for each config and summary key. */
export function columnsOf(fields: Named[]): Column[] {
  const found = fields.map(({ name, number }): Column => ({
    name, field: fieldOf(name), read: (run) => read(run, name), right: number, width: Math.min(220, Math.max(100, short(name).length * 8 + 24)),
  }));
  return [...OWN, ...found];
}

/** `config.val/lr` as expressions write it: `config."val/lr"`. */
export function fieldOf(name: string): string {
  const own = OWN.find((column) => column.name === name);
  return own ? own.field : name.split(".").map((part, place) => (place === 0 || /^[A-Za-z_][\w-]*$/.test(part) ? part : quoted(part))).join(".");
}

const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

/** `-config.lr`, as an address has it, as expressions write it; of columns that they do not name there is no order. */
export function orderOf(sort: string, columns: Column[]): string {
  const isDown = sort.startsWith("-");
  const field = columns.find((column) => column.name === sort.replace(/^-/, ""))?.field ?? (sort ? fieldOf(sort.replace(/^-/, "")) : "");
  return isDown && field ? field.split(", ").map((part) => `${part} desc`).join(", ") : field;
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

/** The expression that means a group's runs. */
export function meaning(name: string, value: Value | undefined): string {
  return value === undefined || value === null ? `${fieldOf(name)} is null` : `${fieldOf(name)} = ${typeof value === "string" ? quoted(value) : JSON.stringify(value)}`;
}
