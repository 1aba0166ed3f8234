/** Links that show one thing to whoever has them: the server signs them, keeps what they open, and takes them back. */

import { createContext } from "react";
import { ask, escaped, get, type Question } from "./api";

/** What may be shared: one thing, runs beside each other, or a list as it is asked for. */
export type Offer =
  | { kind: "run" | "project" | "report" | "sweep" | "line"; id: string }
  | { kind: "compare"; runs: string[] }
  | { kind: "view"; question: Question };
export type Kind = Offer["kind"];

export interface Shared {
  /** cluster/namespace/link. */
  id: string;
  kind: Kind;
  /** What it opens: cluster/namespace/name, of a list and a comparison cluster/namespace. */
  opens: string;
  /** Where the page shows it. */
  href: string;
  /** Of a list: its expression or words. */
  filter: string;
  /** Of a comparison: ids of its runs. */
  runs: string[];
  made_by: string;
  expires_at: string;
}

/** For how many days one may share something at most; 0 where one cannot. */
export const LinkDays = createContext(0);

/** Days that a link may be good, the usual ones and the most that is allowed. */
export function choices(most: number): number[] {
  return [...new Set([1, 7, 30, most].filter((days) => days <= most))].sort((a, b) => a - b);
}

/** What is sent for a link, shown as it is at the address `here`; a list is shared in one namespace (`home`, cluster/namespace), and a project from elsewhere. */
export function body(offer: Offer, home: string, here: string): object {
  if (offer.kind === "project") return offer;
  if (offer.kind !== "view") return { ...offer, href: here };
  const { filter = "", words = "", show = "all" } = offer.question;
  return { kind: "view", id: home, filter, words, show, href: here };
}

/** Whether a link that is good belongs beside an offer: of lists and comparisons all, for no other view shows them. */
export function isBeside(offer: Offer, item: Shared): boolean {
  return item.kind === offer.kind && (!("id" in offer) || item.opens === offer.id);
}

export const list = (signal?: AbortSignal) => get<{ shares: Shared[] }>("/api/v1/shares", signal);
export const make = (what: object, days: number) =>
  ask<Shared & { url: string }>("/api/v1/shares", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...what, days }) });
export const revoke = (share: Shared) => ask<Shared>(`/api/v1/shares/${escaped(share.id)}`, { method: "DELETE" });
