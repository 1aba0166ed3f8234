/** Draws Markdown as elements of the page; HTML in it is shown as the text that it is. */

import { Fragment, lazy, Suspense, type ReactNode } from "react";
import { Link } from "../Link";
import { picture, plain, target, type Token, type Tokens } from "./markdown";
import { LANGUAGE } from "./panels";

const Maths = lazy(() => import("./Maths"));

interface Props {
  tokens: Token[];
  /** Draws a panel by its text; its place counts the panels of the report. */
  panel: (text: string, place: number) => ReactNode;
}

export function Markdown({ tokens, panel }: Props) {
  let count = 0; // Panels are told apart by their order, which is that of drawing.
  return <>{all(tokens, (text) => panel(text, count++))}</>;
}

type Draw = (text: string) => ReactNode;

function all(tokens: Token[] | undefined, panel: Draw): ReactNode {
  return (tokens ?? []).map((token, place) => <Fragment key={place}>{one(token, panel)}</Fragment>);
}

function one(token: Token, panel: Draw): ReactNode {
  const inner = () => all((token as Tokens.Generic).tokens, panel);
  switch (token.type) {
    case "heading": return heading(token as Tokens.Heading, inner());
    case "paragraph": return <p>{inner()}</p>;
    case "text": return (token as Tokens.Text).tokens ? inner() : plain((token as Tokens.Text).text);
    case "escape": return (token as Tokens.Escape).text;
    case "strong": return <strong>{inner()}</strong>;
    case "em": return <em>{inner()}</em>;
    case "del": return <del>{inner()}</del>;
    case "codespan": return <code>{(token as Tokens.Codespan).text}</code>;
    case "br": return <br />;
    case "hr": return <hr />;
    case "blockquote": return <blockquote>{inner()}</blockquote>;
    case "code": return code(token as Tokens.Code, panel);
    case "list": return list(token as Tokens.List, panel);
    case "checkbox": return <input type="checkbox" disabled checked={(token as Tokens.Checkbox).checked} aria-label={token.raw.trim()} />;
    case "table": return table(token as Tokens.Table, panel);
    case "link": return link(token as Tokens.Link, inner());
    case "image": return image(token as Tokens.Image);
    case "maths": return <Suspense fallback={<code>{token.raw}</code>}><Maths tex={(token as Tokens.Generic).text as string} display={(token as Tokens.Generic).display as boolean} /></Suspense>;
    case "space": case "def": return null;
    default: return token.raw;
  }
}

/** The report's title is the page's first heading: those of its text stand below it. */
function heading(token: Tokens.Heading, inner: ReactNode) {
  const Tag = `h${Math.min(6, token.depth + 1)}` as "h2";
  return <Tag>{inner}</Tag>;
}

function code(token: Tokens.Code, panel: Draw) {
  if (token.lang === LANGUAGE) return panel(token.text);
  return <pre className="code" data-language={token.lang ?? ""}><code>{token.text}</code></pre>;
}

function list(token: Tokens.List, panel: Draw) {
  const items = token.items.map((item, place) => <li key={place} className={item.task ? "task" : undefined}>{all(item.tokens, panel)}</li>);
  return token.ordered ? <ol start={token.start === "" ? 1 : token.start}>{items}</ol> : <ul>{items}</ul>;
}

function table(token: Tokens.Table, panel: Draw) {
  const side = (place: number) => (token.align[place] === "right" ? "right" : token.align[place] === "center" ? "center" : undefined);
  return (
    <div className="scroll"><table>
      <thead><tr>{token.header.map((cell, place) => <th key={place} className={side(place)}>{all(cell.tokens, panel)}</th>)}</tr></thead>
      <tbody>{token.rows.map((row, at) => <tr key={at}>{row.map((cell, place) => <td key={place} className={side(place)}>{all(cell.tokens, panel)}</td>)}</tr>)}</tbody>
    </table></div>
  );
}

function link(token: Tokens.Link, inner: ReactNode) {
  const to = target(token.href);
  if (to === null) return inner;
  if (to.startsWith("/")) return <Link to={to}>{inner}</Link>;
  return <a href={to} rel="noopener noreferrer">{inner}</a>;
}

function image(token: Tokens.Image) {
  const source = picture(token.href);
  return source ? <img src={source} alt={token.text} loading="lazy" /> : <span className="hint">{token.text || token.href}</span>;
}
