/** The layout of one set of panels in the link, and how a reader changes it; the set is the page's own, or a grid's by its id. */

import { useParameter } from "../address";
import * as arrangement from "./arrangement";
import type { Size } from "./arrangement";

export interface Layout {
  ordered: (keys: string[]) => string[];
  /** Have `keys`, which is a whole section, in the order `wanted`. */
  order: (keys: string[], wanted: string[]) => void;
  size: (key: string) => Size;
  resize: (key: string, size: Size) => void;
  hidden: string[];
  hide: (key: string) => void;
  show: (key: string) => void;
  /** Where the reader moved a panel; undefined where it stands in its own section. */
  section: (key: string) => string | undefined;
  move: (key: string, section: string) => void;
  isAutomatic: boolean;
  reset: () => void;
}

export function useLayout(grid = ""): Layout {
  const name = (word: string) => (grid ? `${word}.${grid}` : word);
  const [order, setOrder] = useParameter(name("order"), "");
  const [sizes, setSizes] = useParameter(name("sizes"), "");
  const [hide, setHide] = useParameter(name("hide"), "");
  const [into, setInto] = useParameter(name("into"), "");
  const hidden = arrangement.names(hide);
  return {
    ordered: (keys) => arrangement.ordered(keys, order),
    order: (keys, wanted) => setOrder(arrangement.moves(keys, wanted, order)),
    size: (key) => arrangement.sizeOf(sizes, key),
    resize: (key, size) => setSizes(arrangement.withSize(sizes, key, size)),
    hidden,
    hide: (key) => setHide(arrangement.named([...hidden, key])),
    show: (key) => setHide(arrangement.named(hidden.filter((item) => item !== key))),
    section: (key) => arrangement.sectionOf(into, key),
    move: (key, section) => setInto(arrangement.withSection(into, key, section)),
    isAutomatic: !order && !sizes && !hide && !into,
    reset: () => [setOrder, setSizes, setHide, setInto].forEach((set) => set("")),
  };
}
