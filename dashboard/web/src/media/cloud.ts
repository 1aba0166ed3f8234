/** A cloud of points in space from a file that nobody trusts, and its picture from any side; it knows no page. */

import type { Value } from "../api";
import { isTree } from "../media";
import { rows, written } from "../panels/arrangement";
import { tint } from "./overlay";

export interface Cloud { count: number; /** x y z, in a ball of radius 1. */ places: Float32Array; colours: Uint8Array; /** Pairs of ends. */ edges: Float32Array; total: number }

export const MOST_POINTS = 300_000;
const SIDES = [[0, 1], [1, 3], [3, 2], [2, 0], [4, 5], [5, 7], [7, 6], [6, 4], [0, 4], [1, 5], [2, 6], [3, 7]] as const;

const isPlace = (value: Value | undefined): value is number[] => Array.isArray(value) && value.length >= 3 && value.slice(0, 3).every((part) => typeof part === "number" && Number.isFinite(part));

/** Points (x y z, with a class or a colour) and boxes of wandb's `pts.json`; null where the file is none. */
export function cloud(told: Value): Cloud | null {
  const listed = isTree(told) ? told.points : told;
  if (!Array.isArray(listed)) return null;
  const every = listed.filter(isPlace);
  const stride = Math.max(1, Math.ceil(every.length / MOST_POINTS));
  const points = every.filter((_, at) => at % stride === 0);
  const corners = (isTree(told) && Array.isArray(told.boxes) ? told.boxes : []).slice(0, 1000).flatMap((box) => {
    const found = isTree(box) && Array.isArray(box.corners) ? box.corners.filter(isPlace) : [];
    return found.length === 8 ? SIDES.flatMap(([from, to]) => [found[from] ?? [], found[to] ?? []]) : [];
  });
  if (points.length + corners.length === 0) return null;
  const { middle, reach } = extent(points.length ? points : corners);
  const flat = (list: number[][]) => Float32Array.from(list.flatMap((place) => [0, 1, 2].map((axis) => ((place[axis] ?? 0) - (middle[axis] ?? 0)) / reach)));
  const places = new Float32Array(points.length * 3);
  points.forEach((place, at) => { for (let axis = 0; axis < 3; axis++) places[at * 3 + axis] = ((place[axis] ?? 0) - (middle[axis] ?? 0)) / reach; });
  return { count: points.length, total: every.length, places, colours: coloured(points, places), edges: flat(corners) };
}

function extent(points: number[][]) {
  const [low, high] = [[Infinity, Infinity, Infinity], [-Infinity, -Infinity, -Infinity]];
  for (const place of points) for (let axis = 0; axis < 3; axis++) {
    low[axis] = Math.min(low[axis] ?? 0, place[axis] ?? 0);
    high[axis] = Math.max(high[axis] ?? 0, place[axis] ?? 0);
  }
  const middle = low.map((value, axis) => (value + (high[axis] ?? 0)) / 2);
  return { middle, reach: Math.hypot(...high.map((value, axis) => (value - (low[axis] ?? 0)) / 2)) || 1 };
}

/** A point's own colour or its class's; without either, by how high it is. */
function coloured(points: number[][], places: Float32Array): Uint8Array {
  const found = new Uint8Array(points.length * 3);
  points.forEach((place, at) => {
    const up = ((places[at * 3 + 2] ?? 0) + 1) / 2;
    const [red, green, blue] = place.length >= 6 ? place.slice(3, 6) : place.length === 4 ? tint(String(Math.round(place[3] ?? 0))) : [40 + 190 * up, 90 + 110 * up, 220 - 150 * up];
    found.set([red, green, blue].map((part) => Math.max(0, Math.min(255, Number(part) || 0))), at * 3);
  });
  return found;
}

export interface Side { turn: number; tilt: number; near: number }
export const FIRST: Side = { turn: 0.7, tilt: 0.5, near: 1 };

/** From which side points are looked at, of all that a link says; the usual one where it says none. */
export function sideOf(text: string, name: string): Side {
  const [turn, tilt, near] = (rows(text).find(([other]) => other === name) ?? []).slice(1).map(Number);
  const isSound = [turn, tilt, near].every((value) => Number.isFinite(value)) && near! > 0;
  return isSound ? { turn: turn!, tilt: tilt!, near: near! } : FIRST;
}

export function withSide(text: string, name: string, side: Side): string {
  const left = rows(text).filter(([other]) => other !== name);
  const isUsual = side.turn === FIRST.turn && side.tilt === FIRST.tilt && side.near === FIRST.near;
  return written(isUsual ? left : [...left, [name, ...[side.turn, side.tilt, side.near].map((value) => String(Number(value.toFixed(3))))]]);
}

/** Where a place is seen: across and down in pixels, and how far behind. */
export function seen(x: number, y: number, z: number, side: Side, width: number, height: number): [number, number, number] {
  const [sin, cos] = [Math.sin(side.turn), Math.cos(side.turn)];
  const [across, along] = [x * cos - y * sin, x * sin + y * cos];
  const [low, high] = [Math.sin(side.tilt), Math.cos(side.tilt)];
  const [up, deep] = [z * high + along * low, along * high - z * low];
  const scale = (Math.min(width, height) * 0.46 * side.near * 3) / Math.max(0.4, 3 + deep);
  return [width / 2 + across * scale, height / 2 - up * scale, deep];
}

/** Draws points into pixels, the nearer over the further. */
export function paint(pixels: Uint8ClampedArray, width: number, height: number, { count, places, colours }: Cloud, side: Side): void {
  const depth = new Float32Array(width * height).fill(Infinity);
  const dot = count > 50_000 ? 1 : count > 2000 ? 2 : 4;
  for (let at = 0; at < count * 3; at += 3) {
    const [x, y, deep] = seen(places[at] ?? 0, places[at + 1] ?? 0, places[at + 2] ?? 0, side, width, height);
    const [left, top] = [Math.round(x - dot / 2), Math.round(y - dot / 2)];
    for (let row = Math.max(0, top); row < Math.min(height, top + dot); row++) for (let column = Math.max(0, left); column < Math.min(width, left + dot); column++) {
      const place = row * width + column;
      if (deep >= (depth[place] ?? 0)) continue;
      depth[place] = deep;
      for (let part = 0; part < 3; part++) pixels[place * 4 + part] = colours[at + part] ?? 0;
      pixels[place * 4 + 3] = 255;
    }
  }
}
