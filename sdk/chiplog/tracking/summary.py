"""`run.summary`: the newest value of every metric, and what the script set by hand, which wins. It opens no file.

Rows that were packed are kept as the bytes that were written and read only when somebody asks, so that `log` does not
pay for a mapping that most scripts never look at.
"""

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from chiplog.runfile import Shape
from chiplog.tracking import values

Path = list[str]
Say = Callable[[list[list[Any]], list[Path]], None]
"""Records updates (`[path, value]`) and removals."""

_STEP = 4
"""Place of the step among the fields of a packed record; the time and the values follow it."""


class Summary(MutableMapping[str, Any]):
    """A mapping by metric, nested as it was logged; also by attributes."""

    def __init__(self, say: Say, clean: Callable[[Any, str], Any]) -> None:
        slots = {"_tree": {}, "pinned": set(), "newest": {}, "_say": say, "_clean": clean}
        for name, value in slots.items():
            object.__setattr__(self, name, value)

    pinned: set[tuple[str, ...]]
    """Paths that the script set by hand: `log` does not change them any more."""

    newest: dict[int, tuple[Shape, bytes]]
    """The newest packed record of each shape, not looked into yet."""

    def __getitem__(self, key: str) -> Any:
        return self._shown((key,), self.tree()[key])

    def __setitem__(self, key: str, value: Any) -> None:
        self.set((key,), value)

    def __delitem__(self, key: str) -> None:
        del self.tree()[key]
        self.pinned.difference_update([path for path in self.pinned if path[0] == key])
        self._say([], [[key]])

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.tree()))

    def __len__(self) -> int:
        return len(self.tree())

    def __contains__(self, key: object) -> bool:
        return key in self.tree()

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        try:
            return self[key]
        except KeyError:
            raise AttributeError(f"summary has no {key!r}") from None

    def __setattr__(self, key: str, value: Any) -> None:
        self[key] = value

    def __repr__(self) -> str:
        return repr(self.tree())

    def update(self, data: Any = None, **named: Any) -> None:  # type: ignore[override]
        """Set values by hand, leaf by leaf."""
        for key, value in {**(data or {}), **named}.items():
            self.set((str(key),), value)

    def set(self, path: tuple[str, ...], value: Any) -> None:
        """Set a value by hand; it wins over what is logged later under that name."""
        clean = self._clean(value, values.BELOW.join(path))
        if clean is values.LEFT_OUT:
            return
        leaves = [(path + below, leaf) for below, leaf in flat(clean)] if isinstance(clean, dict) else [(path, clean)]
        for leaf_path, leaf in leaves:
            assign(self.tree(), list(leaf_path), leaf)
            self.pinned.add(leaf_path)
        self._say([[list(leaf_path), leaf] for leaf_path, leaf in leaves], [])

    def tree(self) -> dict[str, Any]:
        """All values by now, nested."""
        tree: dict[str, Any] = self.__dict__["_tree"]
        if self.newest:
            packed = sorted(self.newest.values(), key=lambda pair: pair[0].layout.unpack(pair[1])[_STEP])
            self.newest.clear()
            for shape, data in packed:
                tree.update(zip(shape.names, shape.layout.unpack(data)[_STEP + 2 :], strict=True))
        return tree

    def logged(self, update: list[list[Any]]) -> None:
        """Take in what a row said, without recording it again."""
        tree = self.tree()
        for path, value in update:
            assign(tree, path, value)

    def is_pinned(self, path: tuple[str, ...]) -> bool:
        """Whether the script set this, or what it lies in, by hand."""
        return any(path[:length] in self.pinned for length in range(1, len(path) + 1))

    def _shown(self, path: tuple[str, ...], value: Any) -> Any:
        return Branch(self, path, value) if isinstance(value, dict) and "_type" not in value else value


class Branch(dict[str, Any]):
    """An object inside of the summary: what is set in it is set in the summary."""

    def __init__(self, summary: Summary, path: tuple[str, ...], value: Mapping[str, Any]) -> None:
        super().__init__(value)
        self._summary = summary
        self._path = path

    def __getitem__(self, key: str) -> Any:
        return self._summary._shown((*self._path, key), super().__getitem__(key))

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self._summary.set((*self._path, key), value)


def assign(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set one leaf; a leaf that stands where a branch must grow gives way."""
    *branches, leaf = path
    for branch in branches:
        below = tree.get(branch)
        if not isinstance(below, dict):
            below = tree[branch] = {}
        tree = below
    tree[leaf] = value


def flat(tree: Mapping[str, Any], above: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """The leaves of nested values with their paths; media are leaves."""
    found: list[tuple[tuple[str, ...], Any]] = []
    for key, value in tree.items():
        path = (*above, key)
        found.extend(flat(value, path) if isinstance(value, dict) and "_type" not in value else [(path, value)])
    return found
