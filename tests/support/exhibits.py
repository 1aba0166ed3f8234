"""Media of the showroom: pictures with and without masks and boxes, histograms, points, a figure, a page."""

import hashlib
import json
import math
import random
from typing import Any

from bucket_world import World, file, history

from chiplog.media import png

SIDE = 96
CLASSES = {"0": "sea", "1": "ship", "2": "buoy"}

Json = dict[str, Any]


class Exhibits:
    """The media of one recorder, step by step.

    Args:
        world: where their files are put.
        namespace: of the run.
        recorder: its id.
        steps: of the whole training.
    """

    def __init__(self, world: World, namespace: str, recorder: str, steps: int) -> None:
        self.world, self.place, self.steps = world, f"v1/blobs/prod/{namespace}/{recorder}", steps
        self.rows: list[Json] = []
        self.files: list[Json] = []

    def add(self, step: int, moment: float) -> None:
        """What is logged at a step, at a Unix time."""
        share = min(1.0, step / self.steps)
        scene = self._file("image-file", f"images/scene_{step}.png", png.encoded(sea(share), SIDE, SIDE, 3))
        mask = self._file("mask", f"images/mask/scene_{step}.mask.png", png.encoded(found(share), SIDE, SIDE, 1))
        boxes = self._json("boxes2D", f"metadata/boxes2D/scene_{step}.boxes2D.json", boxed(share))
        media = {
            "filters": self._file("image-file", f"images/filters_{step}.png", waves(step, self.steps)),
            "gradients": gradients(step),
            "scene": scene
            | {"masks": {"prediction": mask | {"class_labels": CLASSES}}, "boxes": {"truth": boxes}, "caption": "sea"},
            "embedding": self._json("object3D-file", f"object3D/embedding_{step}.pts.json", embedding(share)),
            "confusion": self._json("plotly-file", f"plotly/confusion_{step}.plotly.json", confusion(share)),
            "notes": self._file("html-file", f"html/notes_{step}.html", NOTES.format(step=step).encode()),
        }
        self.rows.append({**history(step, **media), "time": moment})

    def _json(self, kind: str, path: str, told: object) -> Json:
        return self._file(kind, path, json.dumps(told).encode())

    def _file(self, kind: str, path: str, data: bytes) -> Json:
        digest = hashlib.sha256(data).hexdigest()
        key = f"{self.place}/{digest}/{path.rsplit('/', 1)[-1]}"
        self.world.bucket.put(key, data)
        self.files.append(file(f"wandb/offline-run/files/media/{path}", digest, key=key, size=len(data)))
        return {"_type": kind, "path": f"media/{path}", "sha256": digest, "size": len(data)}


NOTES = """<style>body {{ font: 15px/1.5 system-ui, sans-serif; margin: 16px; }}</style>
<h2>Step {step}</h2><p>Ships are told from the sea; <b>buoys</b> still take some of the sun's glitter.</p>"""


def waves(step: int, steps: int = 400, side: int = SIDE) -> bytes:
    """A grey PNG of waves that grow clearer with the steps."""
    clear, noise = min(1.0, step / steps), random.Random(step)
    tones = (
        127 + 120 * (clear * math.sin(x / 5 + math.sin(y / 9) * 2) + (1 - clear) * noise.uniform(-1, 1))
        for y in range(side)
        for x in range(side)
    )
    return png.encoded(bytes(round(tone) for tone in tones), side, side, 1)


def gradients(step: int) -> Json:
    """A histogram that grows wider."""
    width = 0.4 + step / 250
    edges = [-3 + 6 * place / 32 for place in range(33)]
    counts = [round(1000 * math.exp(-(((edge + 0.1) / width) ** 2))) for edge in edges[:-1]]
    return {"_type": "histogram", "values": counts, "bins": edges}


def sea(share: float) -> bytes:
    """An RGB picture of a hull and a buoy on waves."""
    pixels = bytearray()
    for y in range(SIDE):
        for x in range(SIDE):
            wave = 18 * math.sin(x / 4 + y / 3 + share * 6)
            pixels += bytes(_tones(kind_at(x, y, 1.0), wave))
    return bytes(pixels)


def _tones(kind: int, wave: float) -> tuple[int, ...]:
    base = ((36, 92, 140), (176, 124, 82), (214, 84, 60))[kind]
    return tuple(max(0, min(255, round(tone + wave))) for tone in base)


def kind_at(x: int, y: int, share: float) -> int:
    """The class of a pixel; with a small share the hull is found in part."""
    if (x - 74) ** 2 + (y - 26) ** 2 < 60 * share:
        return 2
    return 1 if ((x - 42) / 26) ** 2 + ((y - 58) / 13) ** 2 < share else 0


def found(share: float) -> bytes:
    """A mask of what is found at that share of the training."""
    return bytes(kind_at(x, y, 0.35 + 0.65 * share) for y in range(SIDE) for x in range(SIDE))


def boxed(share: float) -> Json:
    """The hull and the buoy as boxes."""
    hull = {"minX": 0.17, "maxX": 0.71, "minY": 0.47, "maxY": 0.74}
    buoy = {"minX": 0.69, "maxX": 0.86, "minY": 0.19, "maxY": 0.36}
    told = [
        {"position": hull, "class_id": 1, "box_caption": f"ship {0.5 + share / 2.2:.2f}"},
        {"position": buoy, "class_id": 2},
    ]
    return {"box_data": told, "class_labels": CLASSES}


def embedding(share: float) -> list[list[float]]:
    """Points of three classes that drift apart."""
    chance = random.Random(11)
    far = 0.6 + 2.4 * share
    middles = {0: (0.0, 0.0, far), 1: (far, 0.0, -far / 2), 2: (-far, far / 2, 0.0)}
    return [
        [*(round(middle + chance.gauss(0, 1), 3) for middle in middles[kind]), kind]
        for kind in middles
        for _ in range(300)
    ]


def confusion(share: float) -> Json:
    """How often each class is taken for another, as Plotly has it."""
    names = list(CLASSES.values())
    right = 0.4 + 0.55 * share
    rows = [[right if row == column else (1 - right) / 2 for column in range(3)] for row in range(3)]
    return {
        "data": [{"type": "heatmap", "z": rows, "x": names, "y": names}],
        "layout": {"title": {"text": "Confusion"}},
    }
