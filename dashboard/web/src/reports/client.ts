/** The server's questions about reports as types and calls; it keeps nothing. */

import { ask, escaped, get } from "../api";

export interface Listed {
  /** cluster/namespace/name. */
  id: string;
  namespace: string;
  title: string;
  project: string;
  version: number;
  saved_by: string;
  saved_at: string;
  removed: boolean;
  /** It lies in a directory, such as a checkout of Git, and is changed there. */
  read_only: boolean;
}

export interface Comment { text: string; saved_by: string; saved_at: string }

export interface Report extends Listed {
  text: string;
  versions: { version: number; saved_at: string }[];
  comments: Comment[];
}

export interface Draft { title: string; project: string; text: string }

const path = (id: string) => `/api/v1/reports/${escaped(id)}`;
const over = (version: number): Record<string, string> => (version ? { "If-Match": `"${version}"` } : { "If-None-Match": "*" });
const JSON_TYPE = { "Content-Type": "application/json" };

export const list = (signal?: AbortSignal) => get<{ reports: Listed[] }>("/api/v1/reports", signal);
export const read = (id: string, version: string, signal?: AbortSignal) =>
  get<Report>(path(id) + (version ? `?${new URLSearchParams({ version })}` : ""), signal);

/** Writes the version after `before`; 0 makes a report that is new. */
export const save = (id: string, before: number, draft: Draft) =>
  ask<{ version: number }>(path(id), { method: "PUT", headers: { ...JSON_TYPE, ...over(before) }, body: JSON.stringify(draft) });

export const remove = (id: string, before: number) =>
  ask<{ version: number }>(path(id), { method: "DELETE", headers: over(before) });

export const comment = (id: string, text: string) =>
  ask<{ comments: Comment[] }>(`${path(id)}/comments`, { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ text }) });
