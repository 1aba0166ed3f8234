/** Boxes and masks over a picture as wandb writes them, read from bytes that nobody trusts; it draws nothing. */

import type { Tree, Value } from "../api";
import { isTree } from "../media";

export interface Box { x: number; y: number; width: number; height: number; kind: string; caption: string }

const MOST_BOXES = 2000;
const finite = (value: Value | undefined) => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** The boxes of a file, in pixels of a picture that is so large; what is no box is left out. */
export function boxes(told: Value | undefined, width: number, height: number): Box[] {
  const data = isTree(told) && Array.isArray(told.box_data) ? told.box_data : [];
  return data.slice(0, MOST_BOXES).flatMap((item): Box[] => {
    if (!isTree(item) || !isTree(item.position)) return [];
    const [across, down] = item.domain === "pixel" ? [1, 1] : [width, height];
    const place = placed(item.position);
    if (!place) return [];
    const kind = item.class_id === undefined ? "" : String(item.class_id);
    return [{ x: place[0] * across, y: place[1] * down, width: place[2] * across, height: place[3] * down, kind, caption: typeof item.box_caption === "string" ? item.box_caption : "" }];
  });
}

function placed(position: Tree): [number, number, number, number] | null {
  const [left, right, top, bottom] = [position.minX, position.maxX, position.minY, position.maxY].map(finite);
  if (left != null && right != null && top != null && bottom != null) return [left, top, Math.max(0, right - left), Math.max(0, bottom - top)];
  const middle = Array.isArray(position.middle) ? position.middle.map(finite) : [];
  const [x, y, width, height] = [middle[0], middle[1], finite(position.width), finite(position.height)];
  return x != null && y != null && width != null && height != null ? [x - width / 2, y - height / 2, Math.abs(width), Math.abs(height)] : null;
}

/** What classes are called: in the file or beside the mask itself, else in the config, where wandb keeps them once. */
export function labels(told: Value | undefined, config: Tree, sort: "mask" | "bounding_box", key: string, name: string): Record<string, string> {
  const kept = isTree(config._wandb) ? config._wandb[`${sort}/class_labels`] : undefined;
  const entry = isTree(kept) ? kept[`${key}_wandb_delimeter_${name}`] : undefined;
  const found = isTree(told) && isTree(told.class_labels) && Object.keys(told.class_labels).length ? told.class_labels : isTree(entry) && isTree(entry.value) ? entry.value : {};
  return Object.fromEntries(Object.entries(found).flatMap(([kind, label]) => (typeof label === "string" ? [[kind, label]] : [])));
}

/** Told apart over pictures of any colour. */
const COLOURS: [number, number, number][] = [[225, 29, 72], [37, 99, 235], [22, 163, 74], [217, 119, 6], [147, 51, 234], [8, 145, 178], [219, 39, 119], [101, 163, 13], [234, 88, 12], [79, 70, 229]];

export function tint(kind: string): [number, number, number] {
  const number = /^\d+$/.test(kind) ? Number(kind) : [...kind].reduce((sum, sign) => sum + sign.charCodeAt(0), 0);
  return COLOURS[number % COLOURS.length] ?? [128, 128, 128];
}

export const css = (kind: string) => `rgb(${tint(kind).join(",")})`;

/** Pixels of a mask, a class each in their red part, coloured in place; those of hidden classes are seen through. Gives the classes. */
export function stained(pixels: Uint8ClampedArray, hidden: ReadonlySet<string>): string[] {
  const counts = new Uint32Array(256);
  const colours = Array.from({ length: 256 }, (_, kind) => ({ tint: tint(String(kind)), alpha: hidden.has(String(kind)) ? 0 : 130 }));
  for (let at = 0; at < pixels.length; at += 4) {
    const kind = pixels[at] ?? 0;
    counts[kind] = (counts[kind] ?? 0) + 1;
    const { tint: [red, green, blue], alpha } = colours[kind] ?? { tint: [0, 0, 0], alpha: 0 };
    pixels[at] = red;
    pixels[at + 1] = green;
    pixels[at + 2] = blue;
    pixels[at + 3] = alpha;
  }
  return [...counts].flatMap((count, kind) => (count ? [String(kind)] : []));
}
