/** A picture with what was found in it over it: masks and boxes, of which each class can be hidden. */

import { useEffect, useMemo, useRef, useState } from "react";
import { useParameter } from "../address";
import * as api from "../api";
import type { File, Tree, Value } from "../api";
import { useAnswer } from "../live";
import { fileOf, isTree, type Named } from "../media";
import { rows, written } from "../panels/arrangement";
import { say } from "../say";
import { boxes, css, labels, stained, type Box } from "./overlay";

interface Props { id: string; name: string; item: Named; source: string; caption: string; files: File[]; config: Tree }
/** What is drawn of a layer, in pixels of the picture. */
interface Layer { name: string; kinds: Record<string, string>; boxes: Box[]; mask: ImageBitmap | null; classes: string[] }

const MOST_PIXELS = 4096 * 4096;

export function Layered({ id, name, item, source, caption, files, config }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const [unseen, setUnseen] = useParameter("unseen", "");
  const hidden = useMemo(() => new Set(rows(unseen).flatMap(([key, kind = ""]) => (key === name ? [kind] : []))), [unseen, name]);
  const asked = JSON.stringify([item.masks, item.boxes]);
  const { answer: layers, error } = useAnswer((signal) => (size ? read({ id, name, item, files, config }, size, signal) : Promise.resolve([])), [asked, size, files, config]);
  useEffect(() => { if (canvas.current && layers && size) paint(canvas.current, layers, hidden, size); }, [layers, hidden, size]);
  const toggled = (kind: string) => {
    const left = rows(unseen).filter(([key, other]) => key !== name || other !== kind);
    setUnseen(written(hidden.has(kind) ? left : [...left, [name, kind]]));
  };
  return (
    <>
      <div className="layered">
        <img src={source} alt={caption} onLoad={(event) => setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })} />
        <canvas ref={canvas} aria-hidden />
      </div>
      {error && <p className="problem" role="alert">{error}</p>}
      {(layers ?? []).map((layer) => (
        <div key={`${layer.mask ? "m" : "b"}${layer.name}`} className="classes" role="group" aria-label={say("Classes of {name}", { name: layer.name })}>
          <span className="hint">{layer.name}</span>
          {layer.classes.map((kind) => (
            <button key={kind} className="quiet" aria-pressed={!hidden.has(keyOf(layer, kind))} onClick={() => toggled(keyOf(layer, kind))}>
              <svg width="10" height="10" aria-hidden><rect width="10" height="10" rx="2" fill={css(kind)} /></svg>{layer.kinds[kind] ?? kind}
            </button>))}
        </div>))}
    </>
  );
}

const keyOf = (layer: Layer, kind: string) => `${layer.mask ? "m" : "b"}${layer.name} ${kind}`;

type Asked = Omit<Props, "source" | "caption">;

async function read({ id, name, item, files, config }: Asked, size: { width: number; height: number }, signal: AbortSignal): Promise<Layer[]> {
  const found = (told: Value) => { const one = isTree(told) && typeof told.path === "string" ? fileOf(files, { path: told.path, sha256: String(told.sha256 ?? ""), caption: "" }) : undefined; return one && api.content(id, one); };
  const masks = Object.entries(item.masks ?? {}).map(async ([layer, told]): Promise<Layer[]> => {
    const source = found(told);
    return source ? [await masked(layer, labels(told, config, "mask", name, layer), source, signal)] : [];
  });
  const boxed = Object.entries(item.boxes ?? {}).map(async ([layer, told]): Promise<Layer[]> => {
    const source = found(told);
    if (!source) return [];
    const content = await api.get<Value>(source, signal);
    const placed = boxes(content, size.width, size.height);
    return [{ name: layer, kinds: labels(content, config, "bounding_box", name, layer), boxes: placed, mask: null, classes: [...new Set(placed.map((box) => box.kind))].sort() }];
  });
  return (await Promise.all([...masks, ...boxed])).flat();
}

/** A mask's pixels are classes, so they are read as they are: no colours, no smoothing. */
async function masked(name: string, kinds: Record<string, string>, source: string, signal: AbortSignal): Promise<Layer> {
  const answer = await fetch(source, { signal });
  if (!answer.ok) throw new api.ApiError(answer.status, `${name}: ${answer.status}`);
  const mask = await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const pixels = mask.width * mask.height <= MOST_PIXELS ? content(mask) : null;
  return { name, kinds, boxes: [], mask, classes: pixels ? stained(pixels.data, new Set()) : [] };
}

function content(mask: ImageBitmap): ImageData | null {
  const context = new OffscreenCanvas(mask.width, mask.height).getContext("2d");
  context?.drawImage(mask, 0, 0);
  return context?.getImageData(0, 0, mask.width, mask.height) ?? null;
}

function paint(canvas: HTMLCanvasElement, layers: Layer[], hidden: ReadonlySet<string>, size: { width: number; height: number }): void {
  // Small pictures are drawn larger, so that lines and words are no coarser than the page's own.
  const scale = Math.max(1, Math.min(4, Math.ceil(800 / size.width)));
  [canvas.width, canvas.height] = [size.width * scale, size.height * scale];
  const context = canvas.getContext("2d");
  if (!context) return;
  context.imageSmoothingEnabled = false;
  for (const layer of layers) {
    const unseen = new Set(layer.classes.filter((kind) => hidden.has(keyOf(layer, kind))));
    if (layer.mask) stain(context, layer.mask, unseen, canvas);
    layer.boxes.filter((box) => !unseen.has(box.kind)).forEach((box) => frame(context, box, layer.kinds[box.kind] ?? box.kind, scale, canvas.width));
  }
}

function stain(context: CanvasRenderingContext2D, mask: ImageBitmap, unseen: ReadonlySet<string>, { width, height }: HTMLCanvasElement): void {
  const pixels = content(mask);
  const own = new OffscreenCanvas(mask.width, mask.height);
  if (!pixels) return;
  stained(pixels.data, unseen);
  own.getContext("2d")?.putImageData(pixels, 0, 0);
  context.drawImage(own, 0, 0, width, height);
}

function frame(context: CanvasRenderingContext2D, box: Box, label: string, scale: number, width: number): void {
  const line = Math.max(2, width / 400);
  context.strokeStyle = context.fillStyle = css(box.kind);
  context.lineWidth = line;
  context.strokeRect(box.x * scale, box.y * scale, box.width * scale, box.height * scale);
  const words = box.caption || label;
  if (!words) return;
  const height = line * 9;
  context.font = `${height * 0.8}px sans-serif`;
  const top = Math.max(0, box.y * scale - height);
  context.fillRect(box.x * scale - line / 2, top, context.measureText(words).width + height / 2, height);
  context.fillStyle = "#fff";
  context.textBaseline = "middle";
  context.fillText(words, box.x * scale + height / 4, top + height / 2);
}
