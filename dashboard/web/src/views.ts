/** Saved views: an address of this page by a name, for the team; the server keeps them in the bucket. */

import { ask, escaped, get } from "./api";

export interface View { id: string; namespace: string; title: string; href: string; etag: string; saved_by: string; saved_at: string }

export const list = (signal?: AbortSignal) => get<{ views: View[] }>("/api/v1/views", signal);

/** Keeps the address as a view beside the runs of `place` (cluster/namespace). */
export const save = (place: string, name: string, title: string, href: string) =>
  ask<{ id: string }>(`/api/v1/views/${escaped(`${place}/${name}`)}`, {
    method: "PUT", headers: { "Content-Type": "application/json", "If-None-Match": "*" }, body: JSON.stringify({ title, href }),
  });

export const remove = (view: View) =>
  ask<object>(`/api/v1/views/${escaped(view.id)}`, { method: "DELETE", headers: { "If-Match": `"${view.etag}"` } });

/** The address as a link holds it; blanks and letters beyond ASCII as escapes, for a key of the bucket takes no others. */
export const here = () => new URL(location.href).pathname + new URL(location.href).search;
