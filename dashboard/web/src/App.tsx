/** The page's frame: what every view shares. */

import { go, runOf, usePath } from "./address";
import { useLive } from "./live";
import { RunPage } from "./RunPage";
import { Runs } from "./Runs";
import { useTheme, type Theme } from "./theme";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const SIGN: Record<Theme, string> = { system: "◐", light: "☀", dark: "☾" };

export function App() {
  const live = useLive();
  const { dark, theme, setTheme } = useTheme();
  const id = runOf(usePath());
  return (
    <>
      <header className="bar">
        <a className="brand" href="/" onClick={(event) => { event.preventDefault(); go("/"); }}>
          <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M4 22c6 0 7-13 11-13s4 9 12 9" /><circle cx="27" cy="18" r="3" /></svg>
          Chiplog
        </a>
        <span className="spacer" />
        <span className={live.connected ? "live on" : "live"} role="status">{live.connected ? "live" : "reconnecting …"}</span>
        <button className="quiet icon" onClick={() => setTheme(NEXT[theme])} aria-label={`Theme: ${theme}`} title={`Theme: ${theme}`}>{SIGN[theme]}</button>
      </header>
      {id ? <RunPage key={id} id={id} live={live} dark={dark} /> : <Runs live={live} dark={dark} />}
    </>
  );
}
