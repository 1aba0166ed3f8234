/** Mathematics as MathML, which browsers draw themselves: no fonts, no styles, and the same in a file without a server. */

import katex from "katex";
import { useLayoutEffect, useRef } from "react";

export default function Maths({ tex, display }: { tex: string; display: boolean }) {
  const holder = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const node = holder.current;
    if (!node) return;
    try {
      // As nodes and not as a text of HTML; `trust` off: no links, no pictures, no attributes of anybody's.
      katex.render(tex, node, { displayMode: display, output: "mathml", throwOnError: true, trust: false, strict: "ignore", maxExpand: 200, maxSize: 20 });
    } catch (error) {
      node.textContent = `${tex}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }, [tex, display]);
  return <span className={display ? "maths display" : "maths"} ref={holder} />;
}
