"""Objects of other packages that a script logs as they are: which media they are. It imports none of those packages."""

from typing import Any


def media(value: Any, package: str) -> Any:
    """The media object for a figure, a picture or a data frame; None for anything else.

    Args:
        package: the top-level package that the value's type comes from.
    """
    if package == "matplotlib" or (hasattr(value, "savefig") and hasattr(value, "gcf")):
        from chiplog.media.image import Image

        return Image(value)
    if package == "plotly" or hasattr(value, "to_plotly_json"):
        from chiplog.media.plotly import Plotly

        return Plotly(value)
    if package == "PIL":
        from chiplog.media.image import Image

        return Image(value)
    if package in ("pandas", "polars") and hasattr(value, "columns"):
        from chiplog.media.table import Table

        return Table(dataframe=value)
    return None
