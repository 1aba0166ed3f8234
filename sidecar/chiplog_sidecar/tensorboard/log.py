"""An event file as a kind of followed file: framing and decoding put together. It opens no file."""

from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog_sidecar import weight
from chiplog_sidecar.tensorboard import events_pb2, framing
from chiplog_sidecar.tensorboard.decode import Decoder

KIND = "tensorboard"


def is_log(name: str) -> bool:
    """Whether a file of this name is an event file, as every writer names them."""
    return "tfevents" in name and not name.endswith((".tmp", ".part"))


class Reader:
    """A `formats.Reader` of an event file."""

    foreign = ""

    def __init__(self, at: int, _before: Fold) -> None:
        self._frames = framing.FrameReader(at)
        self._decoder = Decoder()

    @property
    def at(self) -> int:
        """The first byte that belongs to no row given out so far."""
        return self._frames.at

    @property
    def offset(self) -> int:
        """Where the next bytes must come from."""
        return self._frames.offset

    def feed(self, data: bytes, *, final: bool = False) -> list[Row]:
        """The rows and gaps that the bytes complete."""
        return [self._row(item) for item in self._frames.feed(data, final=final)]

    def _row(self, item: framing.Item) -> Row:
        if isinstance(item, framing.Gap):
            return {"at": item.at, "kind": "gap", "to": item.end, "reason": item.reason}
        if weight.is_heavy_message(item.payload, events_pb2.Event.DESCRIPTOR):
            return {"at": item.at, "kind": "undecodable", "bytes": len(item.payload), "reason": weight.TOO_HEAVY}
        return self._decoder.row(item.at, item.payload)


def loss_bound(_: Fold) -> str:
    """What a writer may lose when it is killed."""
    return "nothing of tensorboard's own writer; up to 4 KiB and ten events, or two minutes of them, of tensorboardX"
