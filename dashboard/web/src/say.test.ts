import { expect, test } from "vitest";
import { ja } from "./ja";

const SOURCES = import.meta.glob(["./**/*.ts", "./**/*.tsx", "!./**/*.test.ts", "!./ja.ts"], { query: "?raw", import: "default", eager: true }) as Record<string, string>;

/** Every text that is said: literals between `say(` or `later(` and the values or the end of the call. */
function used(): Set<string> {
  const found = new Set<string>();
  for (const source of Object.values(SOURCES)) {
    for (const call of source.matchAll(/\b(?:say|later)\(((?:"(?:[^"\\]|\\.)*"|[^"{}()])*)/g)) {
      for (const literal of (call[1] ?? "").matchAll(/"((?:[^"\\]|\\.)*)"/g)) found.add(JSON.parse(`"${literal[1]}"`) as string);
    }
  }
  return found;
}

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

test("Japanese has every text that is said, and none that is not", () => {
  const [said, known] = [used(), new Set(Object.keys(ja))];
  expect(said.size).toBeGreaterThan(150);
  expect([...said].filter((text) => !known.has(text))).toEqual([]);
  expect([...known].filter((text) => !said.has(text))).toEqual([]);
});

test("a translation fills in the same values, and is one", () => {
  for (const [english, japanese] of Object.entries(ja)) {
    expect([english, names(japanese)]).toEqual([english, names(english)]);
    expect(japanese.trim()).not.toBe("");
  }
});
