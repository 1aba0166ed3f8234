"""Our own run file as a kind of followed file: framing and decoding put together. It opens no file."""

from chiplog import runfile
from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog_sidecar.runfile import framing
from chiplog_sidecar.runfile.decode import Decoder
from chiplog_sidecar.runfile.unfinished import Unfinished

KIND = "chiplog"


def is_log(name: str) -> bool:
    """Whether a file of this name is a run file."""
    return name.startswith("run-") and name.endswith(runfile.SUFFIX)


class Reader:
    """A `formats.Reader` of a run file. It must have seen the file from its start to know the shapes of packed rows."""

    def __init__(self, at: int, _before: Fold) -> None:
        self._frames = framing.FrameReader(at)
        self._decoder = Decoder()
        self._unfinished = Unfinished()
        self.foreign = ""

    @property
    def at(self) -> int:
        """The first byte that belongs to no row given out so far: the last one that was read, while a row is in the
        making, for that may have to be its place."""
        return self._frames.at - bool(self._unfinished)

    @property
    def offset(self) -> int:
        """Where the next bytes must come from."""
        return self._frames.offset

    def feed(self, data: bytes, *, final: bool = False) -> list[Row]:
        """The rows and gaps that the bytes complete."""
        rows = [row for item in self._frames.feed(data, final=final) for row in self._rows(item)]
        if self._frames.is_foreign:
            self.foreign = "not a run file: it does not begin as one"
        return rows + self._unfinished.rest(self._frames.at - 1) if final else rows

    def _rows(self, item: framing.Item) -> list[Row]:
        if isinstance(item, framing.Gap):
            return [{"at": item.at, "kind": "gap", "to": item.end, "reason": item.reason}]
        row = self._decoder.row(item)
        if row is None:
            return []
        return self._unfinished.take(row) if row["kind"] == "history" else [row]


def loss_bound(_: Fold) -> str:
    """What the writer may lose when it is killed."""
    return "nothing that log() returned for"
