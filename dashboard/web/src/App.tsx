/** The page's frame: what every view shares. */

import { lazy, Suspense, useContext, useEffect, useState, type ReactNode } from "react";
import { Absent } from "./Absent";
import * as api from "./api";
import { go, idOf, usePath, viewOf } from "./address";
import { Boundary } from "./Boundary";
import { Compare } from "./Compare";
import { Home } from "./Home";
import { LinePage } from "./LinePage";
import { Lines } from "./Lines";
import { Link } from "./Link";
import { isFree } from "./keys";
import { useLive, type Live } from "./live";
import { RunPage } from "./RunPage";
import { Runs } from "./Runs";
import type { Command } from "./Palette";
import { language, LANGUAGES, later, say, type Language } from "./say";
import { useSession } from "./session";
import { LinkDays } from "./shares";
import { SignOn } from "./SignOn";
import { SweepPage } from "./SweepPage";
import { Sweeps } from "./Sweeps";
import { useTheme, type Theme } from "./theme";
import { Toast } from "./Toast";
import { leadsOn, Visiting } from "./visiting";

// What few open, and what brings a library of its own, comes when it is wanted.
const Reports = lazy(() => import("./reports/Reports"));
const ReportPage = lazy(() => import("./reports/ReportPage"));
const Palette = lazy(() => import("./Palette"));
const NewReport = lazy(() => import("./reports/NewReport"));

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const THEMES: Record<Theme, string> = { system: later("Theme: system"), light: later("Theme: light"), dark: later("Theme: dark") };
const SIGN: Record<Theme, string> = { system: "◐", light: "☀", dark: "☾" };

const OTHER: Record<Language, Language> = { en: "ja", ja: "en" };

interface Props { turnTo: (language: Language) => void }

export function App({ turnTo }: Props) {
  const { dark, theme, setTheme } = useTheme();
  const { session, ask } = useSession();
  const choose = (
    <button className="quiet icon" onClick={() => setTheme(NEXT[theme])} aria-label={say(THEMES[theme])} title={say(THEMES[theme])}>{SIGN[theme]}</button>
  );
  if (session === null) return <Bar><span className="spacer" />{choose}</Bar>;
  if (session.name === null) return <><Bar><span className="spacer" />{choose}</Bar><SignOn session={session} done={ask} /></>;
  const off = () => void api.signOff().then(ask);
  const commands: Command[] = [
    ...(["system", "light", "dark"] as const).map((name) => ({ name: say(THEMES[name]), kind: say("do"), run: () => setTheme(name) })),
    ...Object.entries(LANGUAGES).map(([name, told]) => ({ name: `${say("Language")}: ${told}`, kind: say("do"), run: () => turnTo(name as Language) })),
    { name: say("Copy a link to this view"), kind: say("do"), run: () => void navigator.clipboard?.writeText(location.href) },
  ];
  return (
    <LinkDays value={session.link_days}><Visiting value={session.visits}><Views dark={dark} commands={commands}>
      <button className="quiet icon" lang={OTHER[language()]} onClick={() => turnTo(OTHER[language()])} aria-label={`${OTHER[language()].toUpperCase()}, ${LANGUAGES[OTHER[language()]]}`} title={LANGUAGES[OTHER[language()]]}>{OTHER[language()].toUpperCase()}</button>
      {session.name && <span className="hint who" title={session.name}>{session.name}</span>}
      {session.cookie && <button className="quiet" onClick={off}>{say("Sign off")}</button>}
      {choose}
    </Views></Visiting></LinkDays>
  );
}

function Views({ dark, commands, children }: { dark: boolean; commands: Command[]; children: ReactNode }) {
  const live = useLive();
  const visit = useContext(Visiting);
  const [searching, setSearching] = useState(false);
  useKeys(() => setSearching((now) => !now && visit === null));
  return (
    <>
      <Bar>
        {!visit && <Places />}
        <span className="spacer" />
        <span className={live.connected ? "live on" : "live"} role="status"><span>{say(live.connected ? "live" : "reconnecting …")}</span></span>
        {!visit && <button className="quiet icon" aria-label={say("Commands")} title={`${say("Commands")} (Ctrl K)`} onClick={() => setSearching(true)}><svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="8.5" cy="8.5" r="5.5" /><path d="M12.7 12.7 18 18" /></svg></button>}
        {children}
      </Bar>
      {searching && <Suspense fallback={null}><Palette commands={commands} close={() => setSearching(false)} /></Suspense>}
      <Toast />
      <Boundary name={say("This view")} when={usePath()}>
        <Suspense fallback={<main className="page"><p className="hint">{say("Reading …")}</p></main>}><View live={live} dark={dark} /></Suspense>
      </Boundary>
    </>
  );
}

/** Ctrl or ⌘ K opens everything by its name; / goes to the search of a view, or there too. */
function useKeys(open: () => void) {
  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) open();
      else if (event.key === "/" && isFree(event)) (document.querySelector<HTMLInputElement>('aside input[type="search"], main input[type="search"]') ?? { focus: open }).focus();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", heard);
    return () => window.removeEventListener("keydown", heard);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
}

function View({ live, dark }: { live: Live; dark: boolean }) {
  const path = usePath();
  const visit = useContext(Visiting);
  const isAstray = visit !== null && !leadsOn(visit, path);
  useEffect(() => { if (visit && isAstray) go(visit.href, true); }, [visit, isAstray]);
  if (isAstray) return null;
  const [run, sweep, line] = [idOf(path, "runs"), idOf(path, "sweeps"), idOf(path, "lines")];
  if (run) return <RunPage key={run} id={run} live={live} dark={dark} />;
  if (sweep) return <SweepPage key={sweep} id={sweep} live={live} dark={dark} />;
  if (line) return <LinePage key={line} id={line} live={live} dark={dark} />;
  const report = idOf(path, "reports");
  if (report) return <ReportPage key={report} id={report} live={live} dark={dark} />;
  switch (viewOf(path)) {
    case "": return <Home live={live} />;
    case "runs": return <Runs live={live} dark={dark} />;
    case "compare": return <Compare live={live} dark={dark} />;
    case "sweeps": return <Sweeps live={live} />;
    case "lines": return <Lines live={live} />;
    case "reports": return <Reports />;
    case "reports/new": return <NewReport live={live} dark={dark} />;
    default: return <Absent why={say("There is no view at {path}.", { path })} to="/" back={say("Overview")} />;
  }
}

const PLACES = [["/runs", later("Runs")], ["/sweeps", later("Sweeps")], ["/lines", later("Lines")], ["/reports", later("Reports")]] as const;

function Places() {
  const path = usePath();
  return (
    <nav className="places" aria-label={say("Views")}>
      {PLACES.map(([to, name]) => <Link key={to} to={to} current={path.startsWith(to)}>{say(name)}</Link>)}
    </nav>
  );
}

function Bar({ children }: { children: ReactNode }) {
  const visit = useContext(Visiting);
  return (
    <header className="bar">
      <Link className="brand" to={visit?.href ?? "/"}>
        <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M4 22c6 0 7-13 11-13s4 9 12 9" /><circle cx="27" cy="18" r="3" /></svg>
        <span>Chiplog</span>
      </Link>
      {children}
    </header>
  );
}
