/** The page's frame: what every view shares. */

import type { ReactNode } from "react";
import * as api from "./api";
import { go, runOf, usePath } from "./address";
import { useLive, type Live } from "./live";
import { RunPage } from "./RunPage";
import { Runs } from "./Runs";
import { useSession } from "./session";
import { SignOn } from "./SignOn";
import { useTheme, type Theme } from "./theme";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const SIGN: Record<Theme, string> = { system: "◐", light: "☀", dark: "☾" };

export function App() {
  const { dark, theme, setTheme } = useTheme();
  const { session, ask } = useSession();
  const choose = (
    <button className="quiet icon" onClick={() => setTheme(NEXT[theme])} aria-label={`Theme: ${theme}`} title={`Theme: ${theme}`}>{SIGN[theme]}</button>
  );
  if (session === null) return <Bar>{choose}</Bar>;
  if (session.name === null) return <><Bar>{choose}</Bar><SignOn session={session} done={ask} /></>;
  const off = () => void api.signOff().then(ask);
  return (
    <Views dark={dark}>
      {session.name && <span className="hint who" title={session.name}>{session.name}</span>}
      {session.cookie && <button className="quiet" onClick={off}>Sign off</button>}
      {choose}
    </Views>
  );
}

function Views({ dark, children }: { dark: boolean; children: ReactNode }) {
  const live = useLive();
  return (
    <>
      <Bar>
        <span className={live.connected ? "live on" : "live"} role="status">{live.connected ? "live" : "reconnecting …"}</span>
        {children}
      </Bar>
      <View live={live} dark={dark} />
    </>
  );
}

function View({ live, dark }: { live: Live; dark: boolean }) {
  const id = runOf(usePath());
  return id ? <RunPage key={id} id={id} live={live} dark={dark} /> : <Runs live={live} dark={dark} />;
}

function Bar({ children }: { children: ReactNode }) {
  return (
    <header className="bar">
      <a className="brand" href="/" onClick={(event) => { event.preventDefault(); go("/"); }}>
        <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M4 22c6 0 7-13 11-13s4 9 12 9" /><circle cx="27" cy="18" r="3" /></svg>
        Chiplog
      </a>
      <span className="spacer" />
      {children}
    </header>
  );
}
