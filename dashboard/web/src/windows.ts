/** A long list of which the parts in sight alone are here: asked for page by page, asked again on news, forgotten when far away. It draws nothing. */

import type { Run } from "./api";
import { Pace } from "./pace";

export interface Page { total: number; runs: Run[]; problem?: string }
export type Ask = (offset: number, limit: number, signal: AbortSignal) => Promise<Page>;

export const PAGE_ROWS = 100;
/** Pages that are kept: 4,000 rows, however long the list is. */
const KEPT = 40;
/** Pages under way at once: who scrolls fast is asked for again where they arrive. */
const AT_ONCE = 2;

export class Windows {
  /** How long the list is; null until the first answer. */
  total: number | null = null;
  problem = "";
  /** Counts what has arrived. */
  changes = 0;
  private pages = new Map<number, { runs: Run[]; version: number }>();
  private version = 0;
  private asked = new Map<number, Promise<void>>();
  private sight: [number, number] = [0, 0];
  private readonly control = new AbortController();
  private readonly pace = new Pace(() => this.again());

  constructor(private readonly ask: Ask, private readonly changed: () => void, private readonly rows = PAGE_ROWS) {}

  at(index: number): Run | undefined {
    return this.pages.get(Math.floor(index / this.rows))?.runs[index % this.rows];
  }

  /** What is here of the list, in its order. */
  here(): Run[] {
    return [...this.pages].sort(([a], [b]) => a - b).flatMap(([, page]) => page.runs);
  }

  /** These rows are in sight. */
  see(first: number, last: number): void {
    this.sight = [first, Math.max(first, last)];
    void this.look();
  }

  /** Rows may have come, gone or changed places. */
  stale(): void {
    this.pace.due();
  }

  stop(): void {
    this.pace.stop();
    this.control.abort();
  }

  private async again(): Promise<void> {
    this.version += 1;
    while (!this.control.signal.aborted) {
      this.look();
      const under = [...this.asked.values()];
      if (under.length === 0) return;
      await Promise.all(under);
    }
  }

  private look(): void {
    for (const page of this.wanted()) {
      if (this.asked.size >= AT_ONCE) return;
      if (!this.asked.has(page) && (this.pages.get(page)?.version ?? -1) < this.version) this.asked.set(page, this.fetch(page));
    }
  }

  private wanted(): number[] {
    const [first, last] = this.sight.map((row) => Math.floor(Math.min(row, Math.max(0, (this.total ?? 1) - 1)) / this.rows)) as [number, number];
    return Array.from({ length: last - first + 1 }, (_, place) => first + place);
  }

  private async fetch(page: number): Promise<void> {
    const version = this.version;
    try {
      const found = await this.ask(page * this.rows, this.rows, this.control.signal);
      this.total = found.total;
      this.problem = found.problem ?? "";
      this.pages.set(page, { runs: found.runs, version });
    } catch (error) {
      // It is asked for again with the next news, not at once: whoever could not answer may still be busy.
      this.problem = (error as Error).message;
      this.pages.set(page, { runs: this.pages.get(page)?.runs ?? [], version });
    }
    this.asked.delete(page);
    if (this.control.signal.aborted) return;
    this.forget();
    this.changes += 1;
    this.changed();
    this.look();
  }

  private forget(): void {
    const here = this.sight[0] / this.rows;
    const far = [...this.pages.keys()].sort((a, b) => Math.abs(a - here) - Math.abs(b - here)).slice(KEPT);
    for (const page of far) this.pages.delete(page);
  }
}
