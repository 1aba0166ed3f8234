/** What one panel can be told: where, how wide, how high, or not at all; it changes nothing by itself. */

import { useId, useRef, useState } from "react";
import { later, say } from "../say";
import { HEIGHTS, WIDTHS, type Size } from "./arrangement";

interface Props {
  title: string;
  size: Size;
  resize: (size: Size) => void;
  hide: () => void;
  step: (by: number) => void;
  isFirst: boolean;
  isLast: boolean;
  sections?: Sections | undefined;
}

/** Sections in which the panel can stand, in which it does, and how it is moved; an empty name is its own. */
export interface Sections { all: string[]; now: string; own: string; move: (section: string) => void }

const HIGH = { short: later("low"), usual: later("usual"), tall: later("tall") };

export function Menu({ title, size, resize, hide, step, isFirst, isLast, sections }: Props) {
  const box = useRef<HTMLDetailsElement>(null);
  const [isOpen, setOpen] = useState(false); // A list of all sections stands in the page once, not in each panel.
  const close = () => box.current?.removeAttribute("open");
  const left = (event: React.FocusEvent) => { if (!event.currentTarget.contains(event.relatedTarget)) close(); };
  const pressed = (event: React.KeyboardEvent) => {
    if (event.key !== "Escape" || !box.current?.open) return;
    event.stopPropagation();
    close();
    box.current.querySelector("summary")?.focus();
  };
  return (
    <details className="menu" ref={box} onToggle={(event) => setOpen(event.currentTarget.open)} onBlur={left} onKeyDown={pressed}>
      <summary className="quiet icon" aria-label={say("Arrange {title}", { title })} title={say("Arrange {title}", { title })}>⋯</summary>
      <div role="group" aria-label={say("Arrange {title}", { title })}>
        <Choice name={say("Columns")} all={WIDTHS} now={size.wide} told={String} choose={(wide) => resize({ ...size, wide })} />
        <Choice name={say("Height")} all={HEIGHTS} now={size.high} told={(high) => say(HIGH[high])} choose={(high) => resize({ ...size, high })} />
        <div className="pair">
          <button disabled={isFirst} onClick={() => step(-1)}>← {say("Earlier")}</button>
          <button disabled={isLast} onClick={() => step(1)}>{say("Further on")} →</button>
        </div>
        {isOpen && sections && <Move {...sections} close={close} />}
        <button onClick={hide}>{say("Hide")}</button>
      </div>
    </details>
  );
}

interface ChoiceProps<T> { name: string; all: readonly T[]; now: T; told: (item: T) => string; choose: (item: T) => void }

function Choice<T extends string | number>({ name, all, now, told, choose }: ChoiceProps<T>) {
  return (
    <div className="pair"><span>{name}</span>
      <div className="switch" role="group" aria-label={name}>{all.map((item) => <button key={item} aria-pressed={item === now} onClick={() => choose(item)}>{told(item)}</button>)}</div>
    </div>
  );
}

/** Any name will do: one that no section has makes one. */
function Move({ all, now, own, move, close }: Sections & { close: () => void }) {
  const list = useId();
  const sent = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("section")).trim();
    if (name === now) return;
    close();
    move(name === own ? "" : name);
  };
  return (
    <form className="pair" onSubmit={sent}>
      <input name="section" list={list} defaultValue="" required maxLength={60} placeholder={now} aria-label={say("Move to section")} />
      <datalist id={list}>{all.filter((name) => name !== now).map((name) => <option key={name} value={name} />)}</datalist>
      <button>{say("Move")}</button>
      {now !== own && <button type="button" onClick={() => { close(); move(""); }}>{say("Back to {section}", { section: own })}</button>}
    </form>
  );
}
