/** The page's state that a link carries: which view, which runs, how charts are drawn; all of it stands in the URL. */

import { useCallback, useSyncExternalStore } from "react";

const CHANGED = "chiplog:address";

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener(CHANGED, listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener(CHANGED, listener);
  };
}

export function go(href: string, replace = false): void {
  if (href === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", href);
  window.dispatchEvent(new Event(CHANGED));
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

/** What a parameter is at this moment. */
export const parameter = (name: string, fallback = "") => new URLSearchParams(location.search).get(name) ?? fallback;

/** One parameter of the query string; the default is left out of the link. */
export function useParameter(name: string, fallback: string): [string, (value: string) => void] {
  const value = useSyncExternalStore(subscribe, () => parameter(name, fallback));
  const change = useCallback(
    (next: string) => {
      const query = new URLSearchParams(location.search);
      if (next === fallback) query.delete(name);
      else query.set(name, next);
      const text = query.toString();
      go(location.pathname + (text ? `?${text}` : ""), true);
    },
    [name, fallback],
  );
  return [value, change];
}

export type Place = "runs" | "sweeps" | "lines" | "reports";

export function href(place: Place, id: string): string {
  return `/${place}/${id.split("/").map(encodeURIComponent).join("/")}`;
}

const VIEWS = ["", "runs", "sweeps", "lines", "reports", "reports/new", "compare"] as const;
export type View = (typeof VIEWS)[number];

/** The view that stands at a path, "" for the overview; null where there is none, or one thing of a kind (`idOf`). */
export const viewOf = (path: string): View | null => VIEWS.find((view) => view === path.replace(/^\/|\/$/g, "")) ?? null;

/** The runs that an expression means. */
export const foundHref = (filter: string) => `/runs?${new URLSearchParams({ q: filter })}`;

export const runHref = (id: string) => href("runs", id);

/** The id in a path such as /runs/cluster/namespace/run; null where it names none, or is written wrong. */
export function idOf(path: string, place: Place): string | null {
  try {
    const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
    return parts[0] === place && parts.length === 4 ? parts.slice(1).join("/") : null;
  } catch {
    return null;
  }
}

const ZOOM = /^(.*)~(-?[\d.e+-]+)~(-?[\d.e+-]+)$/;

/** The stretch of x to which a chart is zoomed in; null where it is not. */
export function zoomOf(text: string, chart: string): [number, number] | null {
  for (const part of text.split("|")) {
    const found = ZOOM.exec(part);
    const [low, high] = [Number(found?.[2]), Number(found?.[3])];
    if (found?.[1] === quoted(chart) && low < high) return [low, high];
  }
  return null;
}

/** The same with a chart zoomed in, or not any more. */
export function withZoom(text: string, chart: string, range: [number, number] | null): string {
  const left = text.split("|").filter((part) => part && ZOOM.exec(part)?.[1] !== quoted(chart));
  return (range ? [...left, `${quoted(chart)}~${Number(range[0].toPrecision(8))}~${Number(range[1].toPrecision(8))}`] : left).join("|");
}

const quoted = (chart: string) => chart.replace(/[|~%]/g, encodeURIComponent);
