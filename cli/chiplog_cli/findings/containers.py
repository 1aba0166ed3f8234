"""Where the containers of a pod write, and whether their variables keep that from us; it looks at nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from chiplog import rundir
from chiplog_cli.findings import Finding, asking, bad, good, open_

Object = dict[str, Any]

_SKIP = "chiplog.dev/skip-env"

_ONLINE = ("online", "shared")
"""Modes in which wandb writes a log as well, beside W&B's server."""

_SILENCING = {
    "WANDB_MODE": (("disabled",), "wandb writes nothing"),
    "WANDB_DISABLED": (("true", "1", "yes", "on"), "wandb writes nothing"),
    "CHIPLOG_MODE": (("disabled",), "import chiplog writes nothing"),
}
"""Variables that end all recording by a value, and what they mean."""

_NEEDED = ("WANDB_DIR", "WANDB_MODE", "CHIPLOG_DIR")


def of(pod: Object) -> Iterator[Finding]:
    """Each container of a pod that has the recorder."""
    name = pod["metadata"]["name"]
    containers = (pod.get("spec") or {}).get("containers") or []
    for container in containers:
        mounts = [item["mountPath"] for item in container.get("volumeMounts") or [] if item["name"] == rundir.VOLUME]
        called = container["name"]
        if not mounts:
            yield open_(f"container {called} of pod {name} is not recorded",
                        f"if it trains too, name it in the annotation {asking.CONTAINER}")  # fmt: skip
            continue
        yield good(f"container {called} of pod {name}: what it writes to {', '.join(mounts)} is recorded")
        values = {item["name"]: str(item.get("value", "")) for item in container.get("env") or []}
        yield from _of_variables(called, values, mounts)
    yield from _of_skipped(pod)


def _of_variables(container: str, values: Mapping[str, str], mounts: list[str]) -> Iterator[Finding]:
    for name, (words, meaning) in _SILENCING.items():
        if values.get(name, "").lower() in words:
            yield bad(f"{name} of container {container} is {values[name]}: {meaning}", "remove the variable")
    if values.get("WANDB_MODE") in _ONLINE:
        mode = values["WANDB_MODE"]
        yield open_(f"WANDB_MODE of container {container} is {mode}: wandb also sends to its own server")
    folder = values.get("WANDB_DIR", "")
    if folder and not any(f"{folder.rstrip('/')}/".startswith(f"{mount.rstrip('/')}/") for mount in mounts):
        yield bad(
            f"WANDB_DIR of container {container} is {folder}, which is not recorded",
            f"remove the variable, or write below {mounts[0]}",
        )


def _of_skipped(pod: Object) -> Iterator[Finding]:
    text = str((pod["metadata"].get("annotations") or {}).get(_SKIP, ""))
    found = [word for word in (part.strip() for part in text.split(",")) if word in _NEEDED]
    if found:
        name = pod["metadata"]["name"]
        yield open_(f"{', '.join(found)} of pod {name} is left to the image, by the annotation {_SKIP}",
                    "where nothing shows up, take it out of the annotation")  # fmt: skip
