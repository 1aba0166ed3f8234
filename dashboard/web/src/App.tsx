/** The page's frame: what every view shares. */

import type { ReactNode } from "react";
import * as api from "./api";
import { idOf, usePath } from "./address";
import { Compare } from "./Compare";
import { Home } from "./Home";
import { LinePage } from "./LinePage";
import { Lines } from "./Lines";
import { Link } from "./Link";
import { useLive, type Live } from "./live";
import { RunPage } from "./RunPage";
import { Runs } from "./Runs";
import { useSession } from "./session";
import { SignOn } from "./SignOn";
import { SweepPage } from "./SweepPage";
import { Sweeps } from "./Sweeps";
import { useTheme, type Theme } from "./theme";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const SIGN: Record<Theme, string> = { system: "◐", light: "☀", dark: "☾" };

export function App() {
  const { dark, theme, setTheme } = useTheme();
  const { session, ask } = useSession();
  const choose = (
    <button className="quiet icon" onClick={() => setTheme(NEXT[theme])} aria-label={`Theme: ${theme}`} title={`Theme: ${theme}`}>{SIGN[theme]}</button>
  );
  if (session === null) return <Bar><span className="spacer" />{choose}</Bar>;
  if (session.name === null) return <><Bar><span className="spacer" />{choose}</Bar><SignOn session={session} done={ask} /></>;
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
        <Places />
        <span className="spacer" />
        <span className={live.connected ? "live on" : "live"} role="status"><span>{live.connected ? "live" : "reconnecting …"}</span></span>
        {children}
      </Bar>
      <View live={live} dark={dark} />
    </>
  );
}

function View({ live, dark }: { live: Live; dark: boolean }) {
  const path = usePath();
  const [run, sweep, line] = [idOf(path, "runs"), idOf(path, "sweeps"), idOf(path, "lines")];
  if (run) return <RunPage key={run} id={run} live={live} dark={dark} />;
  if (sweep) return <SweepPage key={sweep} id={sweep} live={live} dark={dark} />;
  if (line) return <LinePage key={line} id={line} live={live} dark={dark} />;
  if (path === "/compare") return <Compare live={live} dark={dark} />;
  if (path.startsWith("/sweeps")) return <Sweeps live={live} />;
  if (path.startsWith("/lines")) return <Lines live={live} />;
  return path.startsWith("/runs") ? <Runs live={live} dark={dark} /> : <Home live={live} />;
}

const PLACES = [["/runs", "Runs"], ["/sweeps", "Sweeps"], ["/lines", "Lines"]] as const;

function Places() {
  const path = usePath();
  return (
    <nav className="places" aria-label="Views">
      {PLACES.map(([to, name]) => <Link key={to} to={to} current={path.startsWith(to)}>{name}</Link>)}
    </nav>
  );
}

function Bar({ children }: { children: ReactNode }) {
  return (
    <header className="bar">
      <Link className="brand" to="/">
        <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M4 22c6 0 7-13 11-13s4 9 12 9" /><circle cx="27" cy="18" r="3" /></svg>
        <span>Chiplog</span>
      </Link>
      {children}
    </header>
  );
}
