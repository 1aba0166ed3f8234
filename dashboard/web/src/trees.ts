/** Nested trees by their leaves. */

import type { Tree, Value } from "./api";

/** The leaves, names joined by dots, in the order of their names. */
export function flat(tree: Tree, before = ""): [string, Value][] {
  return Object.entries(tree).flatMap(([key, item]): [string, Value][] =>
    item !== null && typeof item === "object" && !Array.isArray(item) && !("_type" in item)
      ? flat(item, `${before}${key}.`) : [[before + key, item]]).sort(([a], [b]) => a.localeCompare(b));
}
