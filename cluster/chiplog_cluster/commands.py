"""Running other programs with their output in our errors; it must not know what any of them is for."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from chiplog_cluster.errors import ClusterError

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_FOREIGN = ("proxy", "aws_ca_bundle", "ssl_cert_file", "ssl_cert_dir", "kubeconfig", "aws_profile")


def clean_environ(**more: str) -> dict[str, str]:
    """Our environment without what would bend requests to the node's own addresses, plus `more`.

    A proxy would be asked for 198.18.x.y, and a foreign CA bundle would replace the one that boto3 and helm need.
    """
    return {**without_foreign(os.environ), **more}


def without_foreign(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment without proxies, certificate bundles and other clusters."""
    return {name: value for name, value in environ.items() if not name.lower().endswith(_FOREIGN)}


def run(
    argv: Sequence[str | Path], *, text: str = "", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    """The standard output of a program that must succeed; raises ClusterError with the end of what it said."""
    words = [str(word) for word in argv]
    done = subprocess.run(words, input=text, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise ClusterError(f"`{' '.join(words)}` ended with {done.returncode}:\n{said}")
    return done.stdout


def succeeds(argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> bool:
    """Whether a program that only asks, or whose failure means "already so", ends with 0."""
    words = [str(word) for word in argv]
    return subprocess.run(words, env=env, capture_output=True, check=False, stdin=subprocess.DEVNULL).returncode == 0


def output_or_nothing(argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> str:
    """The standard output of a program that may have no answer yet, or may not be there yet."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def show(argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> int:
    """Run a program whose output is the reader's, and give its exit code."""
    sys.stdout.flush()
    return subprocess.run(
        [str(word) for word in argv], env=env, cwd=cwd, check=False, stdin=subprocess.DEVNULL
    ).returncode
