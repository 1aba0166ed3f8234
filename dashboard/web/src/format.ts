/** Single values as short text for people; nothing here knows of runs. */

import type { Value } from "./api";
import { say } from "./say";

// A locale's words are made once: to make them takes longer than to use them, and a table uses them for every cell.
const WHOLE = new Intl.NumberFormat("en-US");
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "short", month: "short", day: "numeric" });
const SHORT = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });

export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return WHOLE.format(value);
  const size = Math.abs(value);
  if (size >= 1e7 || (size > 0 && size < 1e-4)) return value.toExponential(3);
  return String(Number(value.toPrecision(5)));
}

export function value(item: Value | undefined): string {
  if (item === undefined || item === null) return "";
  if (typeof item === "number") return number(item);
  if (typeof item === "string") return item;
  if (typeof item === "boolean") return item ? "true" : "false";
  if (!Array.isArray(item) && typeof item._type === "string") return item._type;
  return JSON.stringify(item);
}

export function bytes(count: number | null): string {
  if (count === null) return "";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = count;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${count} B` : `${size.toFixed(1)} ${units[unit]}`;
}

export function duration(seconds: number): string {
  const left = Math.max(0, Math.floor(seconds));
  const [d, h, m, s] = [Math.floor(left / 86400), Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60];
  if (d) return `${d}d ${h}h`;
  if (h) return `${h}h ${m}m`;
  return m ? `${m}m ${s}s` : `${s}s`;
}

export function ago(seconds: number): string {
  return seconds < 5 ? say("just now") : say("{time} ago", { time: duration(seconds).split(" ")[0] ?? "" });
}

export function moment(iso: string | null): string {
  if (iso === null) return "";
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? "" : MOMENT.format(time);
}

export function day(iso: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? "" : DAY.format(time);
}

export function short(iso: string | null): string {
  if (iso === null) return "";
  const time = new Date(iso);
  return Number.isNaN(time.getTime())
    ? "" : SHORT.format(time);
}

/** A name for keys and links, of a title; where it has no letters of a to z, one of the time. */
export function slug(title: string, now: number): string {
  const plain = title.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60).replace(/-+$/, "");
  return plain || `x-${now.toString(36)}`;
}
