"""`import chiplog`: the tracker, and what every program of Chiplog shares (layout, records, run directory, reading).

It never imports a program of ours, and its base modules need nothing but the standard library. The tracker's names are
found when they are first asked for, so that a program which only reads does not load them.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from chiplog.media.audio import Audio as Audio
    from chiplog.media.histogram import Histogram as Histogram
    from chiplog.media.html import Html as Html
    from chiplog.media.image import Image as Image
    from chiplog.media.object3d import Object3D as Object3D
    from chiplog.media.plotly import Plotly as Plotly
    from chiplog.media.table import Table as Table
    from chiplog.media.video import Video as Video
    from chiplog.reading.api import Api as Api
    from chiplog.tracking.artifact import Artifact as Artifact
    from chiplog.tracking.compatible import AlertLevel as AlertLevel
    from chiplog.tracking.compatible import login as login
    from chiplog.tracking.config import Config
    from chiplog.tracking.run import Run as Run
    from chiplog.tracking.session import alert as alert
    from chiplog.tracking.session import define_metric as define_metric
    from chiplog.tracking.session import finish as finish
    from chiplog.tracking.session import init as init
    from chiplog.tracking.session import log as log
    from chiplog.tracking.session import log_artifact as log_artifact
    from chiplog.tracking.session import log_model as log_model
    from chiplog.tracking.session import mark_preempting as mark_preempting
    from chiplog.tracking.session import save as save
    from chiplog.tracking.session import use_dataset as use_dataset
    from chiplog.tracking.settings import Settings as Settings
    from chiplog.tracking.summary import Summary

    run: Run | None
    config: Config
    summary: Summary


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module 'chiplog' has no attribute {name!r}")
    from chiplog.tracking import names_of_chiplog

    value, is_lasting = names_of_chiplog.find(name)
    if is_lasting:
        globals()[name] = value
    return value
