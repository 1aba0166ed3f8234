/**
 * A report as one file that draws without a server and without a script: text, mathematics, pictures and charts stand in it
 * as they were, with the numbers beside them. Its own policy forbids everything but its own style.
 */

import type { RunCurves } from "../api";
import { STYLE, STYLE_HASH } from "./filestyle";
import type { Panel } from "./panels";
import { chart, text } from "./svg";

/** What a panel knows of itself. */
export interface Kept {
  panel: Panel;
  ids: string[];
  name: (id: string) => string;
  place: (id: string) => number;
  curves: (key: string) => Promise<{ runs: RunCurves[] }>;
}

interface Told { title: string; place: string; note: string; language: string }

/** The file's text. Reads pictures and curves from the server while it is there. */
export async function file(article: HTMLElement, panels: Map<number, Kept>, told: Told): Promise<string> {
  const copy = article.cloneNode(true) as HTMLElement;
  const data: unknown[] = [];
  for (const [place, kept] of [...panels].sort(([a], [b]) => a - b)) {
    const node = copy.querySelector(`[data-panel="${place}"] .grid`);
    if (kept.panel.kind !== "curves" || !node) continue;
    const drawn = await Promise.all(kept.panel.keys.map(async (key) => ({ key, runs: (await kept.curves(key)).runs })));
    node.parentElement?.querySelector(".legend")?.remove(); // Each picture has its own.
    node.innerHTML = drawn.map(({ key, runs }) => chart({ ...kept.panel, title: key, runs, name: kept.name, place: kept.place })).join("");
    data.push({ panel: place, runs: Object.fromEntries(kept.ids.map((id) => [id, kept.name(id)])), curves: drawn });
  }
  await pictures(copy);
  cleaned(copy);
  return page(copy.innerHTML, data, told);
}

/** Pictures become part of the file. */
async function pictures(copy: HTMLElement): Promise<void> {
  await Promise.all([...copy.querySelectorAll("img")].map(async (image) => {
    const answer = await fetch(image.src);
    const content = answer.ok ? await answer.blob() : null;
    if (content) image.src = await asData(content);
    else image.replaceWith(document.createTextNode(image.alt));
    image.removeAttribute("loading");
  }));
}

function asData(content: Blob): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => failed(reader.error ?? new Error("a picture cannot be read"));
    reader.readAsDataURL(content);
  });
}

/** Nothing that needs a server, a script, or a style of its own. */
function cleaned(copy: HTMLElement): void {
  for (const node of copy.querySelectorAll("button, canvas, .tip, .grip, .stretch, script, [hidden]")) node.remove();
  for (const node of copy.querySelectorAll<SVGElement>("[style]")) {
    const stroke = node.style.stroke;
    if (stroke && node instanceof SVGElement) node.setAttribute("stroke", getComputedStyle(document.documentElement).getPropertyValue("--best"));
    node.removeAttribute("style");
  }
  for (const link of copy.querySelectorAll("a")) if (link.getAttribute("href")?.startsWith("/")) link.href = link.href; // As a whole address.
}

function page(body: string, data: unknown[], told: Told): string {
  const policy = `default-src 'none'; style-src '${STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const numbers = JSON.stringify({ format: "chiplog.report", panels: data }).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="${told.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Chiplog">
<title>${text(told.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${text(told.title)}</h1><p class="hint">${text(told.place)}</p></header>
<main>${body}</main>
<footer><p class="hint">${text(told.note)}</p></footer>
<script type="application/json" id="data">${numbers}</script>
</body>
</html>
`;
}
