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

/** One parameter of the query string; the default is left out of the link. */
export function useParameter(name: string, fallback: string): [string, (value: string) => void] {
  const value = useSyncExternalStore(subscribe, () => new URLSearchParams(location.search).get(name) ?? fallback);
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

export type Place = "runs" | "sweeps" | "lines";

export function href(place: Place, id: string): string {
  return `/${place}/${id.split("/").map(encodeURIComponent).join("/")}`;
}

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
