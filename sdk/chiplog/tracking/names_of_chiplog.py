"""The public names of `chiplog` and where they stand. A name of wandb's that we lack is refused by name."""

import importlib
from typing import Any

_SESSION = (
    "init", "log", "finish", "define_metric", "save", "alert", "use_dataset", "log_artifact", "log_model",
    "mark_preempting",
)  # fmt: skip
_COMPATIBLE = (
    "AlertLevel", "CommError", "Error", "Settings", "UsageError", "login", "setup", "teardown", "termlog", "termwarn",
    "termerror", "util",
)  # fmt: skip

_PLACES = {
    **dict.fromkeys(_SESSION, "chiplog.tracking.session"),
    **dict.fromkeys(_COMPATIBLE, "chiplog.tracking.compatible"),
    "Api": "chiplog.reading.api",
    "Artifact": "chiplog.tracking.artifact",
    "NotAvailableError": "chiplog.tracking.absent",
    "NoRunError": "chiplog.tracking.session",
    "Run": "chiplog.tracking.run",
    "Config": "chiplog.tracking.config",
    "ConfigError": "chiplog.tracking.config",
    "Image": "chiplog.media.image",
    "Audio": "chiplog.media.audio",
    "Video": "chiplog.media.video",
    "Html": "chiplog.media.html",
    "Table": "chiplog.media.table",
    "Histogram": "chiplog.media.histogram",
    "Plotly": "chiplog.media.plotly",
    "Object3D": "chiplog.media.object3d",
}

_CURRENT = {"run": "current", "config": "config", "summary": "summary"}
"""They mean the run of the moment."""


def find(name: str) -> tuple[Any, bool]:
    """The value of a name, and whether it will stay the same. Raises AttributeError."""
    if name in _CURRENT:
        from chiplog.tracking import session

        return getattr(session, _CURRENT[name])(), False
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name), True
    from chiplog.tracking import absent

    raise absent.refuse(name)
