"""The API key of this process, from its environment or a file; it is shown to the door alone, never in a message."""

import stat
import threading
from collections.abc import Mapping
from pathlib import Path

from chiplog.errors import AccessDenied, SettingsError

VARIABLE = "CHIPLOG_API_KEY"
FILE_VARIABLE = "CHIPLOG_API_KEY_FILE"


class ApiKey:
    """Where a key stands. A file is looked at again whenever it has changed, so that a renewed key is taken up at once.

    Args:
        text: the key itself; empty where `file` holds it.
        file: of mode 0600, or stricter.
    """

    def __init__(self, text: str = "", file: Path | None = None) -> None:
        self._text = text
        self._file = file
        self._seen: tuple[int, int, int] = (0, 0, 0)
        self._lock = threading.Lock()

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "ApiKey":
        """CHIPLOG_API_KEY, else the file of CHIPLOG_API_KEY_FILE. Raises SettingsError where there is neither."""
        text, file = environ.get(VARIABLE, "").strip(), environ.get(FILE_VARIABLE, "")
        if text and not text.isascii():
            raise SettingsError(f"{VARIABLE} holds something else than a key")
        if not text and not file:
            raise SettingsError(
                f"there is no key for the door: set {VARIABLE}, or {FILE_VARIABLE} to a file of mode 0600"
            )
        found = cls(text, None if text else Path(file).expanduser())
        if not text:
            found.read()
        return found

    def read(self) -> str:
        """The key as it is now. Raises SettingsError for a file that others may read, AccessDenied for no key in it."""
        if self._file is None:
            return self._text
        with self._lock:
            try:
                status = self._file.stat()
                seen = (status.st_ino, status.st_mtime_ns, status.st_size)
                if seen != self._seen:
                    self._text, self._seen = self._checked(status.st_mode), seen
            except OSError as error:
                if not self._text:
                    raise SettingsError(f"{FILE_VARIABLE}={str(self._file)!r}: {error.strerror}") from error
                # It was good a moment ago: whoever replaces it may need two steps.
            return self._text

    def _checked(self, mode: int) -> str:
        file = self._file or Path()
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsError(f"{file} may be read by others (mode {stat.S_IMODE(mode):o}): chmod 600 {file}")
        text = file.read_text(errors="replace").strip()
        if not text or not text.isascii() or any(character.isspace() for character in text):
            raise AccessDenied(f"{file} holds no key")
        return text

    def __repr__(self) -> str:
        return f"ApiKey({VARIABLE if self._file is None else str(self._file)})"
