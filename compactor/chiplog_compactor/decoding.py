"""The recorder's decoder, run as a process: it gives the rows of a source again; nothing of the recorder is imported.

Programs import the contract and never each other (docs/architecture.md); what one needs of another, it starts.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chiplog import codec
from chiplog.codec import Row
from chiplog.errors import FormatError

COMMAND = (sys.executable, "-m", "chiplog_sidecar.decoding")
"""Called with the kind of the source and a file, it prints the rows as JSON lines."""


@dataclass(frozen=True)
class Decoder:
    """Starts the command once for each source."""

    command: tuple[str, ...] = COMMAND

    def rows(self, kind: str, path: Path) -> Iterator[Row]:
        """The rows of a source file of a kind. Raises FormatError where the command cannot read it."""
        command = [*self.command, kind, str(path)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            if process.stdout is None:
                raise FormatError(f"{command} gives no output")
            for line in process.stdout:
                yield codec.load(line)
        if process.returncode:
            raise FormatError(f"{' '.join(command)} ended with {process.returncode}")
