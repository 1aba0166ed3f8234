/** Links that show one thing to whoever has them: the server signs them, keeps what they open, and takes them back. */

import { createContext } from "react";
import { ask, escaped, get } from "./api";

export type Kind = "run" | "project" | "report";

export interface Shared {
  /** cluster/namespace/link. */
  id: string;
  kind: Kind;
  /** What it opens: cluster/namespace/name. */
  opens: string;
  made_by: string;
  expires_at: string;
}

/** For how many days one may share something at most; 0 where one cannot. */
export const LinkDays = createContext(0);

/** Days that a link may be good, the usual ones and the most that is allowed. */
export function choices(most: number): number[] {
  return [...new Set([1, 7, 30, most].filter((days) => days <= most))].sort((a, b) => a - b);
}

export const list = (signal?: AbortSignal) => get<{ shares: Shared[] }>("/api/v1/shares", signal);
export const make = (kind: Kind, id: string, days: number) =>
  ask<Shared & { url: string }>("/api/v1/shares", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ kind, id, days }) });
export const revoke = (share: Shared) => ask<Shared>(`/api/v1/shares/${escaped(share.id)}`, { method: "DELETE" });
