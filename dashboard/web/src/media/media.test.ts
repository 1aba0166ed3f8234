import { expect, test } from "vitest";
import { named } from "../media";
import { cloud, FIRST, paint, seen, sideOf, withSide } from "./cloud";
import { figure } from "./figure";
import { boxes, labels, stained } from "./overlay";

test("boxes are placed by shares, by pixels or by their middle, and what is no box is none", () => {
  const told = { box_data: [
    { position: { minX: 0.25, maxX: 0.75, minY: 0, maxY: 0.5 }, class_id: 1, box_caption: "hull" },
    { position: { middle: [10, 10], width: 4, height: 2 }, domain: "pixel", class_id: "cat" },
    { position: { minX: "0", maxX: 1, minY: 0, maxY: 1 } }, { position: null }, 7, null] };
  expect(boxes(told, 100, 40)).toEqual([
    { x: 25, y: 0, width: 50, height: 20, kind: "1", caption: "hull" },
    { x: 8, y: 9, width: 4, height: 2, kind: "cat", caption: "" }]);
  for (const odd of [null, [], "x", { box_data: {} }]) expect(boxes(odd, 1, 1)).toEqual([]);
});

test("classes are called as their file says, else as wandb's config does", () => {
  const config = { _wandb: { "mask/class_labels": { image_wandb_delimeter_m: { value: { "0": "sea", "1": "ship", "2": 5 } } } } };
  expect(labels(undefined, config, "mask", "image", "m")).toEqual({ "0": "sea", "1": "ship" });
  expect(labels({ class_labels: { "7": "cat" } }, config, "mask", "image", "m")).toEqual({ "7": "cat" });
  expect([labels(undefined, config, "mask", "other", "m"), labels(undefined, {}, "bounding_box", "image", "m")]).toEqual([{}, {}]);
});

test("a mask is stained by class, and hidden classes are seen through", () => {
  const pixels = new Uint8ClampedArray([0, 0, 0, 255, 3, 3, 3, 255]);
  expect(stained(pixels, new Set(["0"]))).toEqual(["0", "3"]);
  expect([pixels[3], pixels[7]]).toEqual([0, 130]);
});

test("masks and boxes stand with the picture that they are of, in lists too", () => {
  const layer = { b: { _type: "boxes2D", path: "p" } };
  expect(named({ _type: "image-file", path: "a.png", boxes: layer })[0]?.boxes).toEqual(layer);
  expect(named({ _type: "images/separated", filenames: ["a.png", "b.png"], all_boxes: [null, layer] }).map((item) => item.boxes)).toEqual([undefined, layer]);
});

test("points are taken with a class, a colour or neither, and what is no place is left out", () => {
  const told = cloud([[0, 0, 0], [2, 0, 0, 3], [0, 2, 0, 10, 20, 300], ["x", 0, 0], [1], null]);
  expect([told?.count, told?.colours.slice(6)]).toEqual([3, new Uint8Array([10, 20, 255])]);
  expect(cloud({ type: "lidar/beta", points: [[1, 1, 1]], boxes: [{ corners: [[0, 0, 0]] }] })?.edges.length).toBe(0);
  for (const odd of [null, {}, "x", [], [[NaN, 1, 2]]]) expect(cloud(odd)).toBeNull();
});

test("a nearer point hides a further one, and its middle is the picture's middle", () => {
  expect(seen(0, 0, 0, FIRST, 100, 60).slice(0, 2)).toEqual([50, 30]);
  const flat = { turn: 0, tilt: 0, near: 1 };
  const pixels = new Uint8ClampedArray(100 * 100 * 4);
  const told = cloud([[0, -1, 0, 255, 0, 0], [0, 1, 0, 0, 255, 0], [0, 0, 0, 0, 0, 255]]);
  if (told) paint(pixels, 100, 100, told, flat);
  expect([...pixels.slice((50 * 100 + 50) * 4, (50 * 100 + 50) * 4 + 4)]).toEqual([255, 0, 0, 255]);
});

test("lines, points, bars and heat are drawn of a figure, and the rest is named", () => {
  const told = figure({ data: [{ y: [2, 1] }, { type: "bar", x: ["a", "b"], y: [1, 2], name: "<b>n</b>" }, { type: "scatter", mode: "markers", y: [1] }, { type: "heatmap", z: [[1, 2], [3, 4]] }, { type: "surface" }, { type: "constructor" }], layout: { title: { text: "T" }, xaxis: { title: "X" } } });
  expect(told?.series.map((item) => [item.kind, item.name, item.x])).toEqual([["line", "", [0, 1]], ["bars", "n", ["a", "b"]], ["points", "", [0]]]);
  expect([told?.title, told?.x, told?.heat?.high, told?.left]).toEqual(["T", "X", 4, ["surface", "constructor"]]);
});

test("packed numbers are read, and broken ones are none", () => {
  const packed = { dtype: "f8", bdata: btoa(String.fromCharCode(...new Uint8Array(new Float64Array([1.5, -2]).buffer))) };
  expect(figure({ data: [{ y: packed }] })?.series[0]?.y).toEqual([1.5, -2]);
  for (const y of [{ dtype: "f8", bdata: "%%" }, { dtype: "f8", bdata: "AAAA" }, { dtype: "constructor", bdata: "" }, 7]) expect(figure({ data: [{ y }] })?.series).toEqual([]);
  for (const odd of [null, [], { data: {} }]) expect(figure(odd)).toBeNull();
});

test("the side from which points are seen stands in the link by their name, and the usual one does not", () => {
  const text = withSide(withSide("", "a|b", { turn: 1.23456, tilt: -0.5, near: 2 }), "c", { ...FIRST, near: 3 });
  expect([sideOf(text, "a|b"), sideOf(text, "c"), sideOf(text, "d")]).toEqual([{ turn: 1.235, tilt: -0.5, near: 2 }, { ...FIRST, near: 3 }, FIRST]);
  expect(withSide(withSide(text, "a|b", FIRST), "c", FIRST)).toBe("");
  for (const odd of ["c", "c~1~2", "c~x~1~1", "c~1~1~0", "c~Infinity~1~1"]) expect(sideOf(odd, "c")).toEqual(FIRST);
});
