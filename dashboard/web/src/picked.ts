/** Rows of a table that the reader has chosen, as the link holds them: names, or `*` for all of the list and `-name` for those left out. It asks nothing. */

export interface Picks {
  ids: ReadonlySet<string>;
  /** All of a list were chosen at once; `without` are those of them that were left out again. */
  isAll: boolean;
  without: ReadonlySet<string>;
}

export const NONE: Picks = { ids: new Set(), isAll: false, without: new Set() };
export const every = (ids: Iterable<string>): Picks => ({ ids: new Set(ids), isAll: true, without: new Set() });

/** Of more the link holds none: an address has an end. */
export const MOST_NAMED = 100;

export function turned({ ids, isAll, without }: Picks, id: string): Picks {
  const [next, out] = [new Set(ids), new Set(without)];
  if (next.delete(id)) out.add(id);
  else {
    next.add(id);
    out.delete(id);
  }
  return next.size ? { ids: next, isAll, without: out } : NONE;
}

export function told({ ids, isAll, without }: Picks): string {
  const names = isAll ? ["*", ...[...without].map((id) => `-${nameOf(id)}`)] : [...ids].map(nameOf);
  return names.length > MOST_NAMED + Number(isAll) ? "" : names.join(",");
}

/** What a link names: all of the list, or those of these names. */
export function wanted(text: string): { isAll: boolean; names: string[] } {
  const names = text.split(",").filter(Boolean);
  return names[0] === "*" ? { isAll: true, names: names.slice(1).map((name) => name.replace(/^-/, "")) } : { isAll: false, names };
}

/** The choice that a link names, of the runs that the list has of it. */
export function had(text: string, there: string[]): Picks {
  const { isAll, names } = wanted(text);
  const named = there.filter((id) => names.includes(nameOf(id)));
  if (!isAll) return named.length ? { ...NONE, ids: new Set(named) } : NONE;
  return named.reduce(turned, every(there));
}

const nameOf = (id: string) => id.slice(id.lastIndexOf("/") + 1);
