/** Colours of runs: told apart on white and on black, also by people who see fewer of them; one for each run id. */

export const LIGHT = ["#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed", "#0891b2", "#db2777", "#65a30d", "#9a3412", "#4b5563"];
export const DARK = ["#60a5fa", "#fbbf24", "#34d399", "#f87171", "#a78bfa", "#22d3ee", "#f472b6", "#a3e635", "#fb923c", "#9ca3af"];

/** The place of a run in the palette: by its place among those that are shown, so that neighbours differ. */
export function colour(place: number, dark: boolean): string {
  const palette = dark ? DARK : LIGHT;
  return palette[place % palette.length] ?? "#888888";
}

export function faded(hex: string, alpha: number): string {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${r},${g},${b},${alpha})`;
}
