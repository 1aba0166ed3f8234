/** Light or dark: as the system says, unless the reader said otherwise. */

import { useEffect, useState } from "react";

export type Theme = "system" | "light" | "dark";
const STORED = "chiplog.theme";

export function useTheme(): { dark: boolean; theme: Theme; setTheme: (theme: Theme) => void } {
  const [theme, setTheme] = useState<Theme>(() => (localStorage.getItem(STORED) as Theme | null) ?? "system");
  const [system, setSystem] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const heard = (event: MediaQueryListEvent) => setSystem(event.matches);
    query.addEventListener("change", heard);
    return () => query.removeEventListener("change", heard);
  }, []);
  const dark = theme === "system" ? system : theme === "dark";
  useEffect(() => {
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    localStorage.setItem(STORED, theme);
  }, [dark, theme]);
  return { dark, theme, setTheme };
}
