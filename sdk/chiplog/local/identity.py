"""What a local run and its recorder are called; pure values.

A recorder's id follows from what it records, so that who records the same directory again is the same recorder, and
adds nothing that is there already.
"""

import hashlib
import re
import uuid

CLUSTER = "local"
"""The cluster of runs without one, unless a name is given."""

CONTAINER = "main"
"""The container of a local run: the directory of its run directory."""

MAX_NAME = 60
"""Characters of a name."""

_SPACE = uuid.UUID("3b8f2c52-93a7-5d0c-9d7e-0f6b1c1f7a11")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")


def recorder_id(kind: str, *parts: str) -> str:
    """The id of the recorder of one thing, by what names it for ever; a UUID."""
    return str(uuid.uuid5(_SPACE, "\0".join([kind, *parts])))


def new_recorder_id() -> str:
    """The id of a recorder of something new."""
    return str(uuid.uuid4())


def name(text: str, otherwise: str = "run") -> str:
    """`text` as the name of a run: other characters become `-`; `otherwise` where nothing is left."""
    return _NOT_IN_NAMES.sub("-", text)[:MAX_NAME].strip("-.") or otherwise


def run_id(text: str, recorder: str) -> str:
    """The id of a run: its name, and 8 hex digits that its first recorder's id gives."""
    return f"{name(text)}-{hashlib.sha256(recorder.encode()).hexdigest()[:8]}"


def name_of_command(command: list[str]) -> str:
    """What a command is about: its script, its module, else its program."""
    words = [word.rpartition("/")[2] for word in command]
    scripts = [word for word in words if word.endswith((".py", ".sh", ".jl", ".R"))]
    if scripts:
        return name(scripts[0].rpartition(".")[0])
    if "-m" in command[1:-1]:
        return name(command[command.index("-m") + 1])
    return name(words[0])
