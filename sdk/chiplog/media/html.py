"""HTML: a text, or a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from chiplog.media import medium


class Html(medium.Medium):
    """A page.

    Args:
        data: the text, an open file, or the path of a file that ends with `.html`.
        inject: nothing; wandb puts its own style sheet in, which leads to its site.
        data_is_not_path: it is a text, even if it is a file's name.

    Raises ValueError for anything else.
    """

    kind = "html-file"
    folder = "html"

    def __init__(self, data: Any, inject: bool = True, data_is_not_path: bool = False) -> None:
        super().__init__()
        del inject
        if hasattr(data, "read"):
            data, data_is_not_path = data.read(), True
        is_path = isinstance(data, str | Path) and not data_is_not_path and str(data).endswith(".html")
        if is_path and Path(data).is_file():
            self._hold(data, "html")
        elif isinstance(data, str | bytes):
            self._hold(data.encode() if isinstance(data, str) else data, "html")
        else:
            raise ValueError(f"chiplog.Html: {type(data).__name__} is neither a text nor a file")

    @classmethod
    def _list_json(cls, items: Sequence[Self], files: Path, key: str, step: int | str) -> medium.Json:
        told = [item._chiplog_json(files, key, step) for item in items]
        return {"_type": "html", "count": len(told), "html": told}
