/** A line's nights by day, and the band that tonight is compared with; it draws nothing. */

import type { LineDetail, Night } from "./api";

export type Mark = "holds" | "fails" | "missed" | "none";

export interface Day {
  /** Local date, as 2026-11-26. */
  date: string;
  mark: Mark;
  nights: Night[];
  isLatest: boolean;
}

const DAY = 86_400_000;
export const MOST_WEEKS = 27;

/** Local date of a moment. */
export function dateOf(time: Date): string {
  return [time.getFullYear(), time.getMonth() + 1, time.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

/** Whole weeks from Monday to Sunday up to today, from the first night on; at most half a year of them. */
export function weeks(line: LineDetail, today: Date): Day[][] {
  const nights = new Map<string, Night[]>();
  for (const night of line.night_list) {
    const date = dateOf(new Date(night.scheduled_at));
    nights.set(date, [...(nights.get(date) ?? []), night]);
  }
  const first = line.night_list[0];
  const end = noon(today);
  const sunday = end.getTime() + ((7 - end.getDay()) % 7) * DAY;
  const since = first ? noon(new Date(first.scheduled_at)).getTime() : end.getTime();
  const count = Math.min(MOST_WEEKS, Math.max(8, Math.ceil((sunday - since) / (7 * DAY)) + 1));
  return Array.from({ length: count }, (_, week) =>
    Array.from({ length: 7 }, (_, place) => {
      const date = dateOf(new Date(sunday - ((count - 1 - week) * 7 + (6 - place)) * DAY));
      return dayOf(date, nights.get(date) ?? []);
    }));
}

/** Noon, so that a clock change moves no date. */
const noon = (time: Date) => new Date(time.getFullYear(), time.getMonth(), time.getDate(), 12);

function dayOf(date: string, nights: Night[]): Day {
  const mark = nights.length === 0 ? "none"
    : nights.every((night) => night.holds) ? "holds" : nights.some((night) => night.state === "missed") ? "missed" : "fails";
  return { date, mark, nights, isLatest: nights.some((night) => night.is_latest) };
}

/** Of each night the middle four fifths of the good nights before it, 30 at most; null where there are under three. */
export function band(nights: Night[], metric: string): { low: (number | null)[]; high: (number | null)[] } {
  const good: number[] = [];
  const found = nights.map((night): [number | null, number | null] => {
    const before = good.slice(-30).sort((a, b) => a - b);
    const value = night.metrics[metric];
    if (night.holds && typeof value === "number") good.push(value);
    return before.length < 3 ? [null, null] : [quantile(before, 0.1), quantile(before, 0.9)];
  });
  return { low: found.map(([low]) => low), high: found.map(([, high]) => high) };
}

function quantile(sorted: number[], share: number): number {
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return below + (above - below) * (place - Math.floor(place));
}
