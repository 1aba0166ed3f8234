"""Interactive charts: a figure of Plotly as its JSON."""

import json
from typing import Any

from chiplog.media import medium


class Plotly(medium.Medium):
    """A chart.

    Args:
        val: a figure of Plotly. A figure of matplotlib is a picture: `chiplog.Image`.

    Raises ValueError for anything else.
    """

    kind = "plotly-file"
    folder = "plotly"

    def __init__(self, val: Any) -> None:
        super().__init__()
        if not hasattr(val, "to_plotly_json"):
            raise ValueError(
                f"chiplog.Plotly: {type(val).__name__} is no figure of Plotly; a matplotlib one is an Image"
            )
        content = json.dumps(val.to_plotly_json(), default=_plain)
        self._hold(content.encode(), "plotly.json")


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)
