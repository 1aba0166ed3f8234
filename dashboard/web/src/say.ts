/**
 * The page's words in the reader's language. English is the key, so that a text is read where it stands; it draws nothing.
 *
 * A catalogue of another language is fetched only for its readers (`ja.ts`). `say.test.ts` holds it to the texts that are
 * used: none is missing, and none is left over.
 */

export type Language = "en" | "ja";

const STORED = "chiplog.language";
export const LANGUAGES: Record<Language, string> = { en: "English", ja: "日本語" };

let catalogue: Record<string, string> = {};

/** A text, with `{name}` filled in; a number is written as the language writes it. */
export function say(text: string, values: Record<string, string | number> = {}): string {
  return (catalogue[text] ?? text).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? value.toLocaleString("en-US") : value;
  });
}

/** Marks a text that is said later, where it is drawn: what is written down at the top of a file has no language yet. */
export const later = (text: string) => text;

/** The language of choice, or the browser's. */
export function language(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "en" || stored === "ja") return stored;
  return navigator.languages.find((name) => /^(en|ja)\b/.test(name))?.startsWith("ja") ? "ja" : "en";
}

/** Have the words of a language at hand; those of English always are. */
export async function load(wanted: Language): Promise<void> {
  catalogue = wanted === "ja" ? (await import("./ja")).ja : {};
  document.documentElement.lang = wanted;
}

export function choose(wanted: Language): void {
  localStorage.setItem(STORED, wanted);
}
