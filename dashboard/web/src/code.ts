/** The code of two runs beside each other: which of their files are code, and which of these differ; it fetches nothing. */

import { structuredPatch } from "diff";
import type { File } from "./api";

const CODE = /\.(py|pyi|ipynb|sh|ya?ml|json|toml|cfg|ini|txt|md|patch|diff|rs|go|c|cc|cpp|h|hpp|cu|js|ts|jl|r|lua)$/i;
const MOST_BYTES = 512 * 1024;
/** What wandb writes for itself differs in every run and says nothing. */
const OWN = /(^|\/)(wandb-(metadata|summary)\.json|output\.log|config\.yaml)$/;

export interface Pair { name: string; left: File | null; right: File | null }
export interface Change { name: string; added: number; removed: number; hunks: { at: string; lines: string[] }[] }

/** A file's name without the directories of one run. */
export function nameOf(path: string): string {
  const found = /(?:^|\/)files\/(.+)$/.exec(path);
  return found?.[1] ?? path;
}

export function isCode(file: File): boolean {
  return file.sha256 !== null && (file.size ?? 0) <= MOST_BYTES && CODE.test(file.path) && !OWN.test(file.path) && !/(^|\/)media\//.test(file.path);
}

/** Files that differ, or that one run alone has, in the order of their names. */
export function pairs(left: File[], right: File[]): { differing: Pair[]; same: number } {
  const [ours, theirs] = [left, right].map((files) => new Map(files.filter(isCode).map((file) => [nameOf(file.path), file])));
  const names = [...new Set([...(ours?.keys() ?? []), ...(theirs?.keys() ?? [])])].sort();
  const all = names.map((name) => ({ name, left: ours?.get(name) ?? null, right: theirs?.get(name) ?? null }));
  const differing = all.filter((pair) => pair.left?.sha256 !== pair.right?.sha256);
  return { differing, same: all.length - differing.length };
}

/** What changed from one text to the other, with three lines around each change. */
export function change(name: string, before: string, after: string): Change {
  const { hunks } = structuredPatch(name, name, before, after, "", "", { context: 3, maxEditLength: 20_000 }) ?? { hunks: [] };
  const lines = hunks.flatMap((hunk) => hunk.lines);
  return {
    name, added: lines.filter((line) => line.startsWith("+")).length, removed: lines.filter((line) => line.startsWith("-")).length,
    hunks: hunks.map((hunk) => ({ at: `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`, lines: hunk.lines })),
  };
}
