/** Runs as a file of a table's columns, part by part: of a long list no more than a part is here as runs. */

import type { Run, Value } from "./api";
import type { Column } from "./columns";

const PART_ROWS = 2000;

export interface Format {
  name: string;
  kind: string;
  head: string;
  part: (runs: Run[], isFirst: boolean) => string;
  foot: string;
}

export function csv(columns: Column[]): Format {
  const row = (run: Run) => `${columns.map((item) => cell(item.read(run))).join(",")}\n`;
  return { name: "runs.csv", kind: "text/csv", head: `${columns.map((item) => cell(item.name)).join(",")}\n`, part: (runs) => runs.map(row).join(""), foot: "" };
}

/** A list of objects; what a run has not is null. */
export function json(columns: Column[]): Format {
  const object = (run: Run) => JSON.stringify(Object.fromEntries([["id", run.id], ...columns.map((item) => [item.name, item.read(run) ?? null])]));
  const part = (runs: Run[], isFirst: boolean) => runs.map((run, place) => `${isFirst && place === 0 ? "" : ","}\n ${object(run)}`).join("");
  return { name: "runs.json", kind: "application/json", head: "[", part, foot: "\n]\n" };
}

function cell(value: Value | undefined): string {
  // A cell that begins like a formula is a text to us, and must be one to a spreadsheet.
  const text = value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** All runs of a list in a format; a run that changed places while it was read is in it once. */
export async function written(format: Format, ask: (offset: number, limit: number) => Promise<{ total: number; runs: Run[] }>, told: (count: number) => void): Promise<Blob> {
  const [parts, known] = [[format.head], new Set<string>()];
  for (let offset = 0, total = 1; offset < total; offset += PART_ROWS) {
    const found = await ask(offset, PART_ROWS);
    const fresh = found.runs.filter((run) => !known.has(run.id));
    parts.push(format.part(fresh, known.size === 0));
    for (const run of fresh) known.add(run.id);
    total = found.total;
    told(known.size);
  }
  return new Blob([...parts, format.foot], { type: format.kind });
}

export function keep(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
