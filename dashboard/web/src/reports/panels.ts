/**
 * A panel of a report as it is written, a fenced block of `name: value` lines; nothing here asks or draws.
 *
 *     ```chiplog
 *     runs: project = "vision" order by summary.loss limit 5
 *     keys: train/loss, val/loss
 *     ```
 */

import type { Axis } from "../api";

export const KINDS = ["curves", "table", "scatter", "bar", "parallel", "importance"] as const;
export type Kind = (typeof KINDS)[number];

export interface Panel {
  kind: Kind;
  title: string;
  /** An expression of docs/query.md, or words; empty means the newest. */
  runs: string;
  /** How many of them at most. */
  limit: number;
  keys: string[];
  axis: Axis;
  smoothing: number;
  logY: boolean;
}

export const LANGUAGE = "chiplog";
const MOST_RUNS = 100;
const MOST_KEYS = 24;
const FIRST_RUNS: Record<Kind, number> = { curves: 10, table: 20, scatter: 100, bar: 20, parallel: 100, importance: 100 };
const NAMES = ["panel", "title", "runs", "limit", "keys", "x", "smooth", "log"];

export class PanelError extends Error {}

/** Reads a block. Throws PanelError, which names the line. */
export function parsed(text: string): Panel {
  const found = lines(text);
  const kind = oneOf(found.get("panel") ?? "curves", KINDS, "panel");
  const keys = (found.get("keys") ?? "").split(",").map((key) => key.trim()).filter(Boolean);
  if (keys.length > MOST_KEYS) throw new PanelError(`keys: ${keys.length} are named, ${MOST_KEYS} are drawn at most`);
  const least = { curves: 1, scatter: 2, bar: 1, importance: 1, table: 0, parallel: 0 }[kind];
  if (keys.length < least) throw new PanelError(`keys: ${kind} needs ${least === 1 ? "one" : "two"} at least, such as ${kind === "curves" ? "train/loss" : "config.lr, summary.loss"}`);
  return {
    kind, keys,
    title: found.get("title") ?? "",
    runs: found.get("runs") ?? "",
    limit: number(found, "limit", FIRST_RUNS[kind], 1, MOST_RUNS),
    axis: oneOf(found.get("x") ?? "step", ["step", "elapsed", "time"] as const, "x"),
    smoothing: number(found, "smooth", 0, 0, 0.99),
    logY: oneOf(found.get("log") ?? "", ["", "y"] as const, "log") === "y",
  };
}

function lines(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (!line.trim() || line.trimStart().startsWith("#")) continue;
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trim();
    if (!NAMES.includes(name)) throw new PanelError(`“${line.trim()}” is none of ${NAMES.map((item) => `${item}:`).join(" ")}`);
    if (found.has(name)) throw new PanelError(`${name} stands there twice`);
    found.set(name, line.slice(colon + 1).trim());
  }
  return found;
}

function oneOf<T extends string>(text: string, known: readonly T[], name: string): T {
  const found = known.find((item) => item === text);
  if (found === undefined) throw new PanelError(`${name}: “${text}” is none of ${known.filter(Boolean).join(", ")}`);
  return found;
}

function number(found: Map<string, string>, name: string, fallback: number, low: number, high: number): number {
  const text = found.get(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text === "" || !(value >= low && value <= high)) throw new PanelError(`${name}: “${text}” is no number between ${low} and ${high}`);
  return value;
}
