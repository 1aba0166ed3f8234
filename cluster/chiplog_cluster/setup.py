"""Everything that must be there before a node can start, once per machine; it must not start one."""

from chiplog_cluster import compile as compiling
from chiplog_cluster import debian, golang, page, pythonenv, tools
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.progress import Progress


def is_built(checkout: Checkout) -> bool:
    """Whether the tools, which take the most disk and time, are in the cache."""
    return all(tool.is_built(checkout) for tool in tools.ALL)


def ensure_environment(checkout: Checkout, progress: Progress) -> None:
    """The Debian packages and the Python environment, which building images needs."""
    debian.install_missing(progress)
    pythonenv.ensure(checkout, progress)


def ensure(checkout: Checkout, progress: Progress) -> None:
    """Install and build what is missing; a second later when nothing is."""
    ensure_environment(checkout, progress)
    if not is_built(checkout):
        go = golang.bring(checkout, pythonenv.uv(checkout), progress)
        compiling.build_missing(checkout, go, progress)
    tools.link(checkout)
    page.ensure(checkout, progress)
