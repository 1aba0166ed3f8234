/**
 * How panels stand where the reader has moved, sized or hidden them, as the link holds it; nothing here draws or asks.
 *
 * A link is rows of words, `a~b|c~d`, and holds only what differs from the automatic layout: the fewest panels that have
 * to be moved, sizes that are not the usual ones. What it says of a panel that is not there waits until it is.
 */

import { KINDS, type Kind } from "../reports/panels";

const SIGNS = /[|~%]/g;

/** Rows of words as one text. */
export const written = (rows: string[][]) => rows.map((row) => row.map((word) => word.replace(SIGNS, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)).join("~")).join("|");

/** The rows of a text; whatever it is, it is read as something. */
export const rows = (text: string): string[][] =>
  text.split("|").filter(Boolean).map((row) => row.split("~").map((word) => word.replace(/%(7C|7E|25)/gi, (whole) => decodeURIComponent(whole))));

export const names = (text: string): string[] => [...new Set(rows(text).map(([name = ""]) => name))];
export const named = (every: string[]): string => written(every.map((name) => [name]));

/** `keys` as the reader ordered them: each panel of `moves` stands behind another one, or first where it names none. */
export function ordered(keys: string[], moves: string): string[] {
  const there = new Set(keys);
  const moved = new Map(rows(moves).flatMap(([key = "", after = ""]): [string, string][] => (there.has(key) && (after === "" || there.has(after)) ? [[key, after]] : [])));
  const found = keys.filter((key) => !moved.has(key));
  for (const [key, after] of moved) found.splice(after === "" ? 0 : found.indexOf(after) + 1, 0, key);
  return found;
}

/** The fewest moves that make `wanted` of `keys`; those of panels that are not among these stay as they were. */
export function moves(keys: string[], wanted: string[], before: string): string {
  const stays = rising(wanted, new Map(keys.map((key, place) => [key, place])));
  const mine = wanted.flatMap((key, place) => (stays.has(key) ? [] : [[key, wanted[place - 1] ?? ""]]));
  return written([...rows(before).filter(([key = ""]) => !keys.includes(key)), ...mine]);
}

/** The most names that stand in the same order already (a longest rising subsequence of their places). */
function rising(wanted: string[], places: Map<string, number>): Set<string> {
  const best: { length: number; from: number }[] = [];
  const place = (at: number) => places.get(wanted[at] ?? "") ?? 0;
  let last = -1;
  wanted.forEach((_, at) => {
    best[at] = { length: 1, from: -1 };
    for (let from = 0; from < at; from++) {
      const length = (best[from]?.length ?? 0) + 1;
      if (place(from) < place(at) && length > (best[at]?.length ?? 0)) best[at] = { length, from };
    }
    if ((best[at]?.length ?? 0) > (best[last]?.length ?? 0)) last = at;
  });
  const found = new Set<string>();
  for (let at = last; at >= 0; at = best[at]?.from ?? -1) found.add(wanted[at] ?? "");
  return found;
}

/** `keys` with one of them before or behind another. */
export function beside(keys: string[], key: string, other: string, isBehind: boolean): string[] {
  const left = keys.filter((item) => item !== key);
  const at = left.indexOf(other);
  if (key === other || at < 0) return keys;
  return [...left.slice(0, at + Number(isBehind)), key, ...left.slice(at + Number(isBehind))];
}

/** `keys` with one of them some places further on, or as far as there are any. */
export function shifted(keys: string[], key: string, by: number): string[] {
  const left = keys.filter((item) => item !== key);
  const at = Math.max(0, Math.min(left.length, keys.indexOf(key) + by));
  return [...left.slice(0, at), key, ...left.slice(at)];
}

/** The section into which the reader moved a panel; undefined where it stands in its own. */
export const sectionOf = (text: string, key: string): string | undefined => rows(text).find(([name, section]) => name === key && section)?.[1];

/** The same with a panel moved to a section, or back to its own by an empty name; a comma divides names of sections elsewhere in the link. */
export function withSection(text: string, key: string, section: string): string {
  const name = section.replace(/,/g, " ").trim().slice(0, MOST_LETTERS);
  return written([...rows(text).filter(([other]) => other !== key), ...(name ? [[key, name]] : [])]);
}

const MOST_LETTERS = 60;

export const WIDTHS = [1, 2, 3] as const;
export const HEIGHTS = ["short", "usual", "tall"] as const;
export interface Size { wide: (typeof WIDTHS)[number]; high: (typeof HEIGHTS)[number] }
const USUAL: Size = { wide: 1, high: "usual" };

/** How many columns a panel takes, and how high it is. */
export function sizeOf(text: string, key: string): Size {
  const told = rows(text).find(([name]) => name === key)?.[1] ?? "";
  return { wide: WIDTHS.find((wide) => told.startsWith(String(wide))) ?? 1, high: HEIGHTS.find((high) => high !== "usual" && told.endsWith(high[0] ?? "")) ?? "usual" };
}

export function withSize(text: string, key: string, size: Size): string {
  const told = `${size.wide === USUAL.wide ? "" : size.wide}${size.high === USUAL.high ? "" : size.high[0]}`;
  return written([...rows(text).filter(([name]) => name !== key), ...(told ? [[key, told]] : [])]);
}

/** Panels with a run set of their own. */
export interface Grid {
  id: string;
  title: string;
  /** An expression of docs/query.md, or words; empty means the newest. */
  runs: string;
  kind: Kind;
  limit: number;
  /** None means every metric of its runs. */
  keys: string[];
}

export const MOST_RUNS = 100;
export const FIRST_RUNS = 10;

export const grids = (text: string): Grid[] => rows(text).flatMap(([id = "", title = "", runs = "", kind = "", limit = "", ...keys]) =>
  (/^[a-z]+$/.test(id) ? [{ id, title, runs, kind: KINDS.find((known) => known === kind) ?? "curves", limit: bounded(limit), keys: keys.filter(Boolean) }] : []));

/** With a grid that is new, or said anew. */
export function withGrid(text: string, grid: Grid): string {
  const known = grids(text);
  const every = known.some((other) => other.id === grid.id) ? known.map((other) => (other.id === grid.id ? grid : other)) : [...known, grid];
  return written(every.map(told));
}

export const withoutGrid = (text: string, id: string): string => written(grids(text).filter((grid) => grid.id !== id).map(told));

/** The first letter that no grid has yet. */
export function freeId(text: string): string {
  const taken = new Set(grids(text).map((grid) => grid.id));
  for (let name = "a"; ; name = name.endsWith("z") ? `${name}a` : name.slice(0, -1) + String.fromCharCode(name.charCodeAt(name.length - 1) + 1)) if (!taken.has(name)) return name;
}

function told(grid: Grid): string[] {
  const words = [grid.id, grid.title, grid.runs, grid.kind === "curves" ? "" : grid.kind, grid.limit === FIRST_RUNS ? "" : String(grid.limit), ...grid.keys];
  while (words[words.length - 1] === "") words.pop();
  return words;
}

function bounded(limit: string): number {
  const count = Math.round(Number(limit));
  return limit && count >= 1 ? Math.min(MOST_RUNS, count) : FIRST_RUNS;
}
