/**
 * Which runs are drawn, and in which colour, as the link holds it: `a,,c` are two runs, the first and the third of the
 * palette. A run that is hidden leaves its place empty, so that no other one changes its colour. It draws nothing.
 */

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

/** The text with a run drawn that was not, in the first empty place, or hidden that was. */
export function toggled(text: string, drawn: Named[], run: Named): string {
  const slots = text ? slotsOf(text) : drawn.map((item) => item.run);
  const at = slots.indexOf(run.run);
  const free = slots.includes("") ? slots.indexOf("") : slots.length;
  slots[at < 0 ? free : at] = at < 0 ? run.run : "";
  return slots.join(",").replace(/,+$/, "") || NONE;
}

const slotsOf = (text: string): string[] => (text === NONE ? [] : text.split(","));
