import { StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { App } from "./App";
import { choose, language, load, type Language } from "./say";
import "uplot/dist/uPlot.min.css";
import "./page.css";

const node = document.getElementById("root");
if (node) void draw(createRoot(node), language());

/** Draws the page in a language; another one draws it anew, for words are read where they are drawn. */
async function draw(root: Root, wanted: Language): Promise<void> {
  await load(wanted);
  const turnTo = (next: Language) => { choose(next); void draw(root, next); };
  root.render(<StrictMode><App key={wanted} turnTo={turnTo} /></StrictMode>);
}
