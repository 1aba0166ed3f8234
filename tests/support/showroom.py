"""A bucket as a busy team has it: runs that live and ended, a sweep and a line; for screenshots and for looking at."""

import math
import random
import time
from pathlib import Path
from typing import Any

import group_world
import loads
from bucket_world import Source, World, attempt, console, history, numbered
from exhibits import Exhibits

from chiplog.bucket.directory import DirectoryBucket

STEPS = 400
STEP_SECONDS = 8.0
HOUR = 3600.0
RESTARTED = 6


def furnish(folder: Path, runs: int = 14) -> World:
    """Fill a directory; the same every time but for what the clock says."""
    world = World(now=time.time())
    world.bucket = DirectoryBucket(folder)
    chance = random.Random(7)
    for number in range(runs):
        _run(world, number, chance)
    _lost(world)
    _sweep(world, chance)
    _line(world, chance)
    _report(world)
    return world


def _run(world: World, number: int, chance: random.Random) -> None:
    rate, width = 10 ** chance.uniform(-4, -1), chance.choice([128, 256, 512])
    name = f"{chance.choice(['resnet50', 'vit-small', 'convnext'])}-{chance.choice('abcdef')}{number}"
    started = world.now - HOUR * (number * 1.7 + 0.4)
    place = world.run(
        name, uid=f"0123{number:04x}", project=["vision", "speech"][number % 4 == 3],
        namespace=["team-a", "team-b"][number % 5 == 4], created_at=started, tags=["baseline"] if number % 3 else [],
        config={"lr": round(rate, 6), "width": width, "optimizer": chance.choice(["adam", "sgd"]), "batch": 64},
        metrics=[{"name": "val/loss", "goal": "minimize"}], display_name=name,
    )  # fmt: skip
    steps = STEPS if number > 2 else 120 + 60 * number
    curves = _curves(rate, steps, started, chance)
    newest = {"kind": "summary", "update": [[[key], value] for key, value in _newest(curves).items()], "remove": []}
    told = [*curves, *_console(started, steps), newest]
    rows = numbered([*told, *loads.rows(started, started + steps * STEP_SECONDS, number)])
    recorder = f"r{number}"
    if number == RESTARTED:
        _restart(world, place, rows, newest, started)
        return
    over = {"state": "drained"} if number > 2 else {}
    world.record(recorder, Source(rows), run=place.id, namespace=place.namespace, **over)
    if number > 2:
        _end(world, place, number, recorder, started)


def _restart(world: World, place: Any, rows: list[Any], newest: dict[str, Any], started: float) -> None:
    """A run that ran out of memory after 180 steps and went on from a checkpoint of step 120; it logged media too."""
    lost_steps = range(120, 180)
    middle, finished = started + lost_steps.stop * STEP_SECONDS, started + (STEPS + len(lost_steps)) * STEP_SECONDS
    lives = {"r6a": (range(lost_steps.stop), started, middle), "r6": (range(lost_steps.start, STEPS), middle, finished)}
    for recorder, (those, began, ended) in lives.items():
        moments = {step: began + place * STEP_SECONDS for place, step in enumerate(those)}
        mine = [row for row in rows if row["kind"] == "history" and row["step"] in those]
        bare = [{name: value for name, value in {**row, "time": moments[row["step"]]}.items() if name != "at"}
                for row in mine]  # fmt: skip
        shown = Exhibits(world, place.namespace, recorder, STEPS)
        for step in those[::20]:
            shown.add(step, moments[step])
        last = {
            "kind": "summary",
            "update": [[[key], value] for key, value in shown.rows[-1]["values"].items()],
            "remove": [],
        }
        told = numbered([*bare, *shown.rows, newest, last, *loads.rows(began, ended, RESTARTED)])
        shipped = Source(numbered(shown.files), id="files", kind="files", path="files")
        world.record(recorder, Source(told), shipped, run=place.id, namespace=place.namespace, state="drained")
    first = attempt(1, "r6a", reason="OOMKilled", exit_code=137, started_at=started, finished_at=middle)
    second = attempt(2, "r6", reason="Completed", exit_code=0, started_at=middle, finished_at=finished)
    world.outcome(place, "finished", [first, second], reason="Completed", durable=True, started_at=started,
                  finished_at=finished)  # fmt: skip


def _curves(rate: float, steps: int, started: float, chance: random.Random) -> list[dict[str, Any]]:
    found = []
    for step in range(steps):
        loss = 2.3 * math.exp(-step * (0.004 + rate * 0.1)) + 0.25 + chance.gauss(0, 0.03)
        row = {"train/loss": loss, "train/accuracy": 1 - loss / 3, "optimizer/lr": rate * (1 - step / STEPS)}
        if step % 10 == 0:
            row |= {"val/loss": loss + 0.08 + chance.gauss(0, 0.02), "val/accuracy": 0.95 - loss / 3}
        found.append({**history(step, **row), "time": started + step * STEP_SECONDS})
    return found


def _console(started: float, steps: int) -> list[dict[str, Any]]:
    """A line for each twentieth of the steps."""
    told = range(0, steps, max(1, steps // 20))
    return [console(f"epoch {n} done\n", time=started + step * STEP_SECONDS) for n, step in enumerate(told)]


def _newest(curves: list[dict[str, Any]]) -> dict[str, object]:
    """The last value of each metric."""
    return {key: value for row in curves for key, value in row["values"].items()}


def _end(world: World, place: object, number: int, recorder: str, started: float) -> None:
    ends = {5: ("failed", "Error", 1), 7: ("killed", "OOMKilled", 137), 11: ("failed", "Error", 1)}
    state, reason, code = ends.get(number, ("finished", "Completed", 0))
    finished = started + STEPS * STEP_SECONDS
    last = attempt(1, recorder, reason=reason, exit_code=code, started_at=started, finished_at=finished)
    world.outcome(place, state, [last], reason=reason, durable=True, started_at=started, finished_at=finished)  # type: ignore[arg-type]


def _lost(world: World) -> None:
    """A run of which nothing has been heard for a day, and one that waits for its pod."""
    world.run("queued", uid="0123ffff", namespace="team-a", created_at=world.now - 120)


def _sweep(world: World, chance: random.Random) -> None:
    for index in range(48):
        lr, drop = 10 ** chance.uniform(-5, -1), round(chance.uniform(0, 0.6), 3)
        searched = {"lr": round(lr, 7), "dropout": drop, "width": chance.choice([64, 128, 256, 512]),
                    "optimizer": chance.choice(["adam", "sgd", "lion"])}  # fmt: skip
        loss = 0.3 + 0.12 * (math.log10(lr) + 2.7) ** 2 + 0.3 * (drop - 0.2) ** 2 + chance.uniform(0, 0.05)
        state = "failed" if index in (9, 31) else "pruned" if loss > 0.75 and index % 3 else "succeeded"
        group_world.trial(
            world, index, None if state == "failed" else loss, state, searched=searched, namespace="team-a",
            finished_at=world.now - HOUR * (48 - index) / 4,
        )  # fmt: skip


def _line(world: World, chance: random.Random) -> None:
    for day in range(-70, 0):
        if day in (-44, -43, -12):
            group_world.missed(world, day, namespace="team-a")
            continue
        usual = 0.5 - 0.0012 * (70 + day)
        loss = usual + chance.gauss(0, 0.006)
        if day in (-30, -1):
            loss += 0.09
        holds = day not in (-30, -1)
        said = (
            f"loss {loss:.3f} is {'within' if holds else 'above'} {usual * 1.05:.3f}, the median of 14 nights and 5 %"
        )
        group_world.night(world, day, loss, holds=holds, said=said, namespace="team-a")
    group_world.latest(world, "nightly--2-0123abcd", "team-a")


REPORT = r"""---
title: Small rates reach further
project: vision
saved_by: ada
saved_at: 2026-11-26T18:20:00.000Z
---
Every network was trained for 400 steps with the rates of last week's sweep. **Below 0.01 the loss keeps falling**;
above it stands still after 120 steps, whatever the width.

```chiplog
title: The five best, by validation loss
runs: project = "vision" order by summary."val/loss" limit 5
keys: train/loss, val/loss
smooth: 0.6
```

With $\eta$ the rate, the best loss after $t$ steps goes with

$$
\mathcal{L}(t) \approx \mathcal{L}_\infty + c \, e^{-(a + b\eta)\,t}
$$

```chiplog
panel: table
runs: project = "vision" order by summary."val/loss" limit 5
keys: config.lr, config.width, config.optimizer, summary.val/loss
```

```chiplog
panel: scatter
title: Rate against loss
runs: project = "vision"
keys: config.lr, summary.val/loss
```

What is next:

- [x] the sweep over rates
- [ ] warm-up, as in

```python
rate = base * min(1.0, step / warm_up)
```
"""


def _report(world: World) -> None:
    world.bucket.put("v1/reports/prod/team-a/rates/00000001.md", REPORT.encode())
    remark = "---\nsaved_by: lin\nsaved_at: 2026-11-26T19:02:00.000Z\n---\nDoes `convnext` do the same at *256*?"
    world.bucket.put("v1/reports/prod/team-a/rates/comments/20261126T190200Z-5eeb0000.md", remark.encode())
