/**
 * Which place in the palette a run has, the same in every view. A run keeps what it was given while the page is open; of a
 * list that nobody chose from it is counted from the oldest, so that one that comes changes no other. Where that is not
 * what a run was given, the link says so. It draws nothing.
 */

import { rows, written } from "./panels/arrangement";

export const PALETTE = 10;

/** Places that runs were given since the page was opened, by their ids. */
const given = new Map<string, number>();

export const givenTo = (id: string): number | undefined => given.get(id);
export const give = (places: ReadonlyMap<string, number>): void => places.forEach((place, id) => given.set(id, place));

/** The place of the run that stands at `at` of a list of `total` runs, newest first. */
export const counted = (total: number) => (at: number): number => (((total - 1 - at) % PALETTE) + PALETTE) % PALETTE;

/** A place for each run: that which it has in `known`, else its own by where it stands, else the next that none of the others has. */
export function placed(ids: string[], own: (at: number) => number, known: (id: string) => number | undefined): Map<string, number> {
  const found = new Map(ids.flatMap((id): [string, number][] => { const place = known(id); return place === undefined ? [] : [[id, place]]; }));
  const taken = new Set([...found.values()].map((place) => place % PALETTE));
  for (let at = ids.length - 1; at >= 0; at--) {
    const id = ids[at] ?? "";
    if (found.has(id)) continue;
    const wish = own(at);
    const free = Array.from({ length: PALETTE }, (_, step) => (wish + step) % PALETTE).find((place) => !taken.has(place));
    found.set(id, free ?? wish);
    taken.add(free ?? wish);
  }
  return found;
}

export const nameOf = (id: string) => id.slice(id.lastIndexOf("/") + 1);

/** The places that a link says, by the names of runs. */
export const huesOf = (text: string): Map<string, number> =>
  new Map(rows(text).flatMap(([name = "", place = ""]): [string, number][] => (/^\d{1,3}$/.test(place) ? [[name, Number(place)]] : [])));

/** Those of the places that are not the runs' own, for the link. */
export function told(ids: string[], own: (at: number) => number, places: ReadonlyMap<string, number>): string {
  return written(ids.flatMap((id, at) => (places.get(id) === own(at) ? [] : [[nameOf(id), String(places.get(id) ?? 0)]])));
}

/** Names at their places, or at the next of the same colour; empty texts stand between them. */
export function slotted(items: { id: string; name: string }[], places: ReadonlyMap<string, number>): string[] {
  const slots: string[] = [];
  for (const { id, name } of items) {
    let at = (places.get(id) ?? 0) % PALETTE;
    while (slots[at]) at += PALETTE;
    slots[at] = name;
  }
  return Array.from(slots, (name) => name ?? "");
}
