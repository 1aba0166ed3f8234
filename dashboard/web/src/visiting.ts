/** What a link opens to whoever came by it: where it is shown, and which paths of the page lead nowhere else. It hides nothing that the server does not. */

import { createContext } from "react";
import { idOf } from "./address";

export interface Visit {
  kind: string;
  /** Where the page shows what the link opens. */
  href: string;
}

/** Null for whoever is signed on, or need not be. */
export const Visiting = createContext<Visit | null>(null);

const SEVERAL = ["project", "view"];

/** Whether a path shows something of what a link opens; runs, because whatever it opens has some. */
export function leadsOn({ kind, href }: Visit, path: string): boolean {
  return path === pathOf(href) || idOf(path, "runs") !== null || (SEVERAL.includes(kind) && path === "/compare");
}

export const pathOf = (href: string) => href.split("?")[0] ?? href;
