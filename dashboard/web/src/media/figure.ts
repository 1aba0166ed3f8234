/**
 * A figure of Plotly as what is drawn of it: lines, points, bars and a map of heat; it draws nothing.
 *
 * Of a file that nobody trusts only numbers, names and these four kinds are taken: no HTML, no address, no colour as it stands.
 */

import type { Value } from "../api";
import { isTree } from "../media";

export interface Series { name: string; kind: "line" | "points" | "bars"; x: (number | string)[]; y: number[] }
export interface Heat { rows: number[][]; x: string[]; y: string[]; low: number; high: number }
export interface Figure { title: string; x: string; y: string; series: Series[]; heat: Heat | null; /** Kinds that are not drawn. */ left: string[] }

const MOST_SERIES = 50;
const MOST_POINTS = 20_000;
const SIDE = 400;
const TYPES: Record<string, (item: { [key: string]: Value | undefined }) => Series["kind"]> = {
  scatter: (item) => (String(item.mode ?? "lines").includes("lines") ? "line" : "points"),
  scattergl: (item) => (String(item.mode ?? "lines").includes("lines") ? "line" : "points"),
  bar: () => "bars",
};

/** Reads a figure; null where it is none. */
export function figure(told: Value): Figure | null {
  if (!isTree(told) || !Array.isArray(told.data)) return null;
  const layout = isTree(told.layout) ? told.layout : {};
  const found: Figure = { title: name(layout.title), x: axis(layout.xaxis), y: axis(layout.yaxis), series: [], heat: null, left: [] };
  for (const item of told.data.slice(0, MOST_SERIES)) {
    if (!isTree(item)) continue;
    const type = typeof item.type === "string" ? item.type : "scatter";
    const kind = Object.hasOwn(TYPES, type) ? TYPES[type]?.(item) : undefined;
    const heat = type === "heatmap" && !found.heat ? heated(item) : null;
    const series = kind && item.orientation !== "h" ? drawn(item, kind) : null;
    if (heat) found.heat = heat;
    else if (series) found.series.push(series);
    else found.left.push(type.slice(0, 40));
  }
  return found;
}

function drawn(item: { [key: string]: Value }, kind: Series["kind"]): Series | null {
  const y = numbers(item.y);
  if (!y || y.length === 0) return null;
  const given = list(item.x);
  const x = y.map((_, at) => { const value = given ? given[at] : at; return typeof value === "number" ? value : String(value ?? at).slice(0, 80); });
  return { name: name(item.name), kind, x: x.slice(0, MOST_POINTS), y: y.slice(0, MOST_POINTS) };
}

function heated(item: { [key: string]: Value }): Heat | null {
  const rows = (list(item.z) ?? []).slice(0, SIDE).flatMap((row) => { const found = numbers(row); return found ? [found.slice(0, SIDE)] : []; });
  const values = rows.flat().filter(Number.isFinite);
  if (values.length === 0) return null;
  const words = (value: Value | undefined) => (list(value) ?? []).slice(0, SIDE).map((word) => String(word).slice(0, 40));
  return { rows, x: words(item.x), y: words(item.y), low: values.reduce((a, b) => Math.min(a, b)), high: values.reduce((a, b) => Math.max(a, b)) };
}

const BYTES = { f8: Float64Array, f4: Float32Array, i1: Int8Array, i2: Int16Array, i4: Int32Array, u1: Uint8Array, u2: Uint16Array, u4: Uint32Array };

/** A list, also as Plotly 6 packs it: `{"dtype": "f8", "bdata": base64}`, in rows where it has a shape. */
function list(value: Value | undefined): Value[] | null {
  if (Array.isArray(value)) return value;
  if (!isTree(value) || typeof value.bdata !== "string" || typeof value.dtype !== "string" || !Object.hasOwn(BYTES, value.dtype)) return null;
  try {
    const bytes = Uint8Array.from(atob(value.bdata), (sign) => sign.charCodeAt(0));
    const found = [...new BYTES[value.dtype as keyof typeof BYTES](bytes.buffer)];
    const width = Number(String(value.shape ?? "").split(",")[1]);
    return width >= 1 ? Array.from({ length: Math.floor(found.length / width) }, (_, row) => found.slice(row * width, (row + 1) * width)) : found;
  } catch {
    return null; // No base64, or no whole numbers of it.
  }
}

const numbers = (value: Value | undefined): number[] | null => list(value)?.map((item) => (typeof item === "number" ? item : typeof item === "string" && item.trim() ? Number(item) : NaN)) ?? null;
const axis = (value: Value | undefined) => (isTree(value) ? name(value.title) : "");

/** A name without Plotly's own marks (`<b>`, `<br>`), as plain text. */
function name(value: Value | undefined): string {
  const text = isTree(value) ? value.text : value;
  return typeof text === "string" ? text.replace(/<[^>]{0,40}>/g, " ").trim().slice(0, 120) : "";
}

/** From the least to the greatest, with `also` among them; never of no width. */
export function extent(values: number[], also: number | null): [number, number] {
  const [low, high] = values.reduce(([least, most], value) => (Number.isFinite(value) ? [Math.min(least, value), Math.max(most, value)] : [least, most]), also === null ? [Infinity, -Infinity] : [also, also]);
  if (low > high) return [0, 1];
  return low === high ? [low - (Math.abs(low) * 0.05 || 1), high + (Math.abs(high) * 0.05 || 1)] : [low, high];
}
