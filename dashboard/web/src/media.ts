/** Media that a run logged, as its rows name them: which keys, which files at which step, histograms as numbers; it asks nothing. */

import type { File, Tree, Value } from "./api";

export type Kind = "picture" | "sound" | "film" | "histogram" | "table" | "page" | "figure" | "cloud" | "file";

const KINDS: Record<string, Kind> = {
  "image-file": "picture", "images/separated": "picture", images: "picture", "audio-file": "sound", audio: "sound",
  "video-file": "film", videos: "film", histogram: "histogram", "table-file": "table",
  "html-file": "page", html: "page", "plotly-file": "figure", "object3D-file": "cloud", object3D: "cloud",
  "molecule-file": "file", molecule: "file", "bokeh-file": "file",
};

export interface Row { _step: number | null; _timestamp: number | null; [key: string]: Value }

/** The steps at which any of several runs logged something, in order. */
export function stepsOf(runs: Row[][]): number[] {
  return [...new Set(runs.flatMap((rows) => rows.map((row) => row._step ?? 0)))].sort((a, b) => a - b);
}

/** What a run showed at a step: its newest row until then; none where it had logged nothing yet. */
export function rowAt(rows: Row[], step: number): Row | undefined {
  return rows.findLast((row) => (row._step ?? 0) <= step);
}

export function kindOf(value: Value | undefined): Kind | null {
  return isTree(value) && typeof value._type === "string" ? KINDS[value._type] ?? null : null;
}

/** Keys of a summary that are media, with what they are, by name. */
export function logged(summary: Tree): [string, Kind][] {
  return Object.entries(summary).flatMap(([key, value]): [string, Kind][] => { const kind = kindOf(value); return kind ? [[key, kind]] : []; }).sort();
}

export interface Named { path: string; sha256: string; caption: string; masks?: Tree; boxes?: Tree }

/** Every file that a value names: a medium's own, or those of a list of them. */
export function named(value: Value | undefined): Named[] {
  if (!isTree(value)) return [];
  const captions = Array.isArray(value.captions) ? value.captions : [];
  const lists = [value.audio, value.videos, value.html, value.objects, value.filenames].find(Array.isArray) ?? [value];
  return lists.flatMap((item, place): Named[] => {
    const one = typeof item === "string" ? { path: item } : isTree(item) ? item : {};
    const layers = { ...layer("masks", one.masks ?? of(value.all_masks, place)), ...layer("boxes", one.boxes ?? of(value.all_boxes, place)) };
    return typeof one.path === "string" ? [{ path: one.path, sha256: text(one.sha256), caption: text(captions[place] ?? one.caption), ...layers }] : [];
  });
}

const of = (list: Value | undefined, place: number) => (Array.isArray(list) ? list[place] : undefined);
const layer = (name: "masks" | "boxes", value: Value | undefined) => (isTree(value) && Object.keys(value).length ? { [name]: value } : {});

/** The recorded file of a name: by its digest, else by the end of its path. */
export function fileOf(files: File[], wanted: Named): File | undefined {
  return files.find((file) => wanted.sha256 !== "" && file.sha256 === wanted.sha256) ?? files.find((file) => file.sha256 && `/${file.path}`.endsWith(`/${wanted.path}`));
}

export interface Bins { counts: number[]; edges: number[] }

/** Counts and edges of a histogram, one edge more than counts; null where it is none. */
export function bins(value: Value | undefined): Bins | null {
  if (!isTree(value)) return null;
  const counts = numbers(value.values);
  const packed = isTree(value.packedBins) ? value.packedBins : null;
  const [from, width] = [Number(packed?.min), Number(packed?.size)];
  const edges = packed ? Array.from({ length: counts.length + 1 }, (_, place) => from + place * width) : numbers(value.bins);
  return counts.length > 0 && edges.length === counts.length + 1 && edges.every(Number.isFinite) ? { counts, edges } : null;
}

const numbers = (value: Value | undefined): number[] => (Array.isArray(value) ? value.map(Number) : []);
const text = (value: Value | undefined) => (typeof value === "string" ? value : "");
export const isTree = (value: Value | undefined): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

/** How much of each step's values lies in each of `rows` equal stretches from the lowest to the highest edge; 1 is the fullest of that step. */
export function heat(found: Bins[], rows: number): { low: number; high: number; columns: number[][] } {
  const low = Math.min(...found.map((item) => item.edges[0] ?? 0));
  const high = Math.max(...found.map((item) => item.edges[item.edges.length - 1] ?? 0));
  const height = (high - low || 1) / rows;
  const columns = found.map(({ counts, edges }) => {
    const column = Array.from({ length: rows }, () => 0);
    counts.forEach((count, place) => {
      const [from = 0, to = 0] = [edges[place], edges[place + 1]];
      for (let row = Math.max(0, Math.floor((from - low) / height)); row < rows && low + row * height < to; row++) {
        const shared = Math.min(to, low + (row + 1) * height) - Math.max(from, low + row * height);
        column[row] = (column[row] ?? 0) + (to > from ? (count * Math.max(0, shared)) / (to - from) : 0);
      }
    });
    const most = Math.max(...column) || 1;
    return column.map((value) => value / most);
  });
  return { low, high, columns };
}
