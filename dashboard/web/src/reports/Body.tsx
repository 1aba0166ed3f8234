/** A report's text with its panels alive. */

import { useCallback, useEffect, useMemo } from "react";
import type { Live } from "../live";
import type { Kept } from "./exported";
import { Markdown } from "./Markdown";
import { tokens } from "./markdown";
import { PanelView } from "./PanelView";

interface Props {
  text: string;
  live: Live;
  dark: boolean;
  /** Filled with what each panel gives to a file. */
  panels?: Map<number, Kept>;
}

export function Body({ text, live, dark, panels }: Props) {
  const found = useMemo(() => tokens(text), [text]);
  const keep = useCallback((place: number, kept: Kept) => {
    panels?.set(place, kept);
    return () => void panels?.delete(place);
  }, [panels]);
  useEffect(() => { if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView(); }, []);
  return <Markdown tokens={found} panel={(panel, place) => <PanelView text={panel} place={place} live={live} dark={dark} keep={keep} />} />;
}
