/** The way back from one thing to all of its kind; to whoever came by a link, back to what it opens. */

import { useContext, type ReactNode } from "react";
import { go, usePath } from "./address";
import { say } from "./say";
import { pathOf, Visiting } from "./visiting";

export function Back({ to, children }: { to: string; children: ReactNode }) {
  const visit = useContext(Visiting);
  const path = usePath();
  if (visit && path === pathOf(visit.href)) return null;
  return <button className="quiet" onClick={() => go(visit?.href ?? to)}>← {visit ? say("Back") : children}</button>;
}
