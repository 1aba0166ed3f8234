/** A link inside the page: it changes the address and loads nothing; with a modifier it is a link like any other. */

import type { ReactNode } from "react";
import { go } from "./address";

interface Props {
  to: string;
  className?: string;
  title?: string | undefined;
  current?: boolean;
  children: ReactNode;
}

export function Link({ to, className, title, current, children }: Props) {
  const pressed = (event: React.MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(to);
  };
  return <a href={to} className={className} title={title} aria-current={current ? "page" : undefined} onClick={pressed}>{children}</a>;
}
