/**
 * Which runs are drawn, and in which colour, as the link holds it: `a,,c` are two runs, the first and the third of the
 * palette. A run that is hidden leaves its place empty, so that no other one changes its colour. It draws nothing.
 */

import { slotted } from "./hues";

/** None at all, where an empty text would mean the first of the list. */
const NONE = "-";

interface Named {
  id: string;
  run: string;
}

/** The names in a link. */
export const namesOf = (text: string): string[] => (text === NONE ? [] : text.split(",").filter(Boolean));

/** Each run's place in the palette; those that a link does not name stand behind one another. */
export function placesOf(text: string, runs: Named[]): Map<string, number> {
  const slots = text ? slotsOf(text) : runs.map((run) => run.run);
  return new Map(runs.map((run, at) => [run.id, slots.includes(run.run) ? slots.indexOf(run.run) : at]));
}

/** The text with a run drawn that was not, in the place that it had once or in the first empty one, or hidden that was. */
export function toggled(text: string, drawn: Named[], run: Named, places: ReadonlyMap<string, number> = placesOf("", drawn), had?: number): string {
  const slots = text ? slotsOf(text) : slotted(drawn.map(({ id, run: name }) => ({ id, name })), places);
  const at = slots.indexOf(run.run);
  const free = had !== undefined && !slots[had] ? had : slots.includes("") ? slots.indexOf("") : slots.length;
  slots[at < 0 ? free : at] = at < 0 ? run.run : "";
  return Array.from(slots, (name) => name ?? "").join(",").replace(/,+$/, "") || NONE;
}

/** The text with one run alone, in its place. */
export const alone = (run: Named, place = 0): string => `${",".repeat(place)}${run.run}`;

const slotsOf = (text: string): string[] => (text === NONE ? [] : text.split(","));
