"""Every check and every test, with one summary at the end; it must not decide what a test means."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from chiplog_cluster import page as pages
from chiplog_cluster import progress as progress_lines
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.progress import Progress

_COUNTS = re.compile(r"(\d+) (passed|failed|errors?|skipped)")
MAX_TROUBLE = 16
"""Lines of the summary, of names and of reasons each."""

MAX_TROUBLE_WIDTH = 300
"""Characters of such a line."""

CHECKS: tuple[tuple[str, ...], ...] = (
    ("ruff", "format", "--check", "--quiet", "."),
    ("ruff", "check", "--quiet", "."),
    ("mypy",),
    ("lint-imports",),
)
"""What `make check` runs."""


@dataclass(frozen=True)
class Suite:
    """One pytest run: the tests with a marker expression, in so many processes (0: in its own), a file in one."""

    name: str
    marker: str
    workers: int = 0
    layer: str = ""
    """The mark that each of its tests has, so that files without it are not even read; empty: all files are."""

    needs_node: bool = True
    """Without one it gets no address of the node, and gives way to the suites beside it, which wait for others."""


TURNS: tuple[tuple[Suite, ...], ...] = (
    (
        Suite("integration", "integration and not waits", 2, "integration"),
        Suite("integration, by the minute", "integration and waits", 0, "integration"),
    ),
    (
        Suite("e2e", "e2e and not alone and not waits", 3, "e2e"),
        Suite("e2e, by the minute", "e2e and waits", 0, "e2e"),
    ),
    (
        Suite("unit", "not integration and not e2e", os.cpu_count() or 1, needs_node=False),
        Suite("e2e, alone", "e2e and alone", 0, "e2e"),
    ),
)
"""What runs, in the order of turns; what is of one turn runs at once. Most tests on the node wait for others, so more
than one at a time is quicker on any machine. What takes a part of the node away is by itself on it: the unit tests,
which use none and never wait, have the processors meanwhile. What only waits, for minutes, has a process of its own
from its turn's beginning; pytest-xdist would start a small file late."""


@dataclass
class Result:
    """One line of the summary."""

    name: str
    passed: int
    failed: int
    seconds: float
    trouble: Sequence[str] = ()
    """The lines of its output that say which tests failed and why: what a reader of the end alone needs."""

    @property
    def holds(self) -> bool:
        """Something ran, and nothing of it failed."""
        return self.failed == 0 and self.passed > 0


def check(checkout: Checkout) -> list[Result]:
    """Format, lint, types, import rules."""
    return [_check(checkout, words) for words in CHECKS]


def page(checkout: Checkout, progress: Progress) -> Result:
    """The page's own tests."""
    print("\n── page tests", flush=True)
    began = time.monotonic()
    passed, failed = pages.tested(checkout, progress)
    return Result("page", passed, failed, time.monotonic() - began)


def suites(checkout: Checkout, turn: Sequence[Suite], env: Mapping[str, str]) -> list[Result]:
    """The pytest runs of one turn, all at once, with the node's environment or without. The first is seen as it goes
    on, the others when it is over."""
    first, *others = turn
    with ExitStack() as ends:
        beside = [ends.enter_context(_beside(checkout, suite, env)) for suite in others]
        began = time.monotonic()
        process = ends.enter_context(_started(checkout, first, env, subprocess.PIPE))
        results = [_told(first, process.stdout or (), process, began)]
        return [*results, *(result() for result in beside)]


@contextmanager
def _beside(checkout: Checkout, suite: Suite, env: Mapping[str, str]) -> Iterator[Callable[[], Result]]:
    """A pytest run whose words are kept in a file until its result is asked for; one that nobody asked ends with us."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as kept, _started(checkout, suite, env, kept) as process:

        def result() -> Result:
            process.wait()
            kept.seek(0)
            return _told(suite, kept, process, began)

        try:
            yield result
        finally:
            process.terminate()


def _told(suite: Suite, lines: Iterable[bytes], process: "subprocess.Popen[bytes]", began: float) -> Result:
    print(f"\n── {suite.name} tests", flush=True)
    last, trouble = _echo(line.decode(errors="replace") for line in lines)
    result = result_of(suite.name, last, process.wait(), time.monotonic() - began)
    return replace(result, trouble=trouble)


def _started(
    checkout: Checkout, suite: Suite, env: Mapping[str, str], out: int | IO[bytes]
) -> "subprocess.Popen[bytes]":
    words = [str(checkout.venv / "bin" / "pytest"), "-q", "-m", suite.marker, "--durations=5", "--durations-min=5"]
    words += [f"--numprocesses={suite.workers}", "--dist=loadfile"] if suite.workers else []
    words += files_of(checkout, suite.layer) if suite.layer else []
    known = env if suite.needs_node else environment(checkout, os.environ)
    return subprocess.Popen(
        words if suite.needs_node else ["nice", "-n", "10", *words],
        cwd=checkout.root,
        env={**known, **compiled(checkout)},
        stdout=out,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )


def files_of(checkout: Checkout, layer: str) -> list[str]:
    """The files of tests that name a mark. To read all of them takes each process half a minute."""
    found = sorted((checkout.root / "tests").rglob("test_*.py"))
    return [str(path.relative_to(checkout.root)) for path in found if f"mark.{layer}" in path.read_text()]


def compiled(checkout: Checkout) -> dict[str, str]:
    """What lets Python keep what it compiled, outside of the tree: tests start hundreds of programs, and what the
    locked packages hold is compiled by nobody else."""
    return {"PYTHONPYCACHEPREFIX": str(checkout.state / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}


def result_of(name: str, last: str, code: int, seconds: float) -> Result:
    """What pytest's last line and exit code mean: a skip counts as a failure, for it hides a missing part."""
    counts = {word.rstrip("s"): int(number) for number, word in _COUNTS.findall(last)}
    failed = counts.get("failed", 0) + counts.get("error", 0) + counts.get("skipped", 0)
    return Result(name, counts.get("passed", 0), failed or int(code != 0), seconds)


def bench(checkout: Checkout, only: str, env: Mapping[str, str]) -> int:
    """Measure, print the table and write bench.json; the benchmarks' own exit code."""
    script = checkout.root / "tests" / "benchmarks" / "bench.py"
    argv = [
        str(checkout.venv / "bin" / "python"),
        str(script),
        f"--only={only}",
        f"--write={checkout.state / 'bench.json'}",
    ]
    return subprocess.run(argv, cwd=checkout.root, env=dict(env), check=False, stdin=subprocess.DEVNULL).returncode


def soak(checkout: Checkout, minutes: float, env: Mapping[str, str]) -> int:
    """Play new seeds, kills and histories for so long, and the long forms of the other faults; 0 if all of it held."""
    argv = [str(checkout.venv / "bin" / "python"), "-m", "pytest", "-q", "-m", "not integration", "tests/faults"]
    env = {**env, **long_forms(minutes * 60)}
    return subprocess.run(
        [*argv, "--durations=10"], cwd=checkout.root, env=env, check=False, stdin=subprocess.DEVNULL
    ).returncode


def long_forms(seconds: float) -> dict[str, str]:
    """What tells the tests of faults to take long, and those without an end how much of the time is theirs."""
    shares = {"SIMULATION": 0.5, "MODEL": 0.2, "KILL": 0.15}  # There are two tests of kills.
    counts = {"CHIPLOG_SOAK": "1", "CHIPLOG_KILLS": "10000", "CHIPLOG_KILLS_OF_OTHERS": "100"}
    return {**counts, **{f"CHIPLOG_{name}_SECONDS": str(seconds * share) for name, share in shares.items()}}


def summarise(results: Sequence[Result]) -> int:
    """Print the table and the closing line; 0 if everything holds."""
    print("\n── summary")
    for result in results:
        mark = "ok  " if result.holds else "FAIL"
        took = progress_lines.span(result.seconds)
        print(f"  {mark}  {result.name:<24} {result.passed:>5} passed {result.failed:>4} failed  {took:>7}")
    passed, failed = sum(result.passed for result in results), sum(result.failed for result in results)
    failed += sum(1 for result in results if not result.holds and not result.failed)
    for line in (line for result in results for line in result.trouble):
        print(f"  {line}")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 0 if failed == 0 else 1


def _check(checkout: Checkout, words: Sequence[str]) -> Result:
    name = " ".join(word for word in words if not word.startswith("-") and word != ".")
    print(f"\n── {name}", flush=True)
    began = time.monotonic()
    argv = [str(checkout.venv / "bin" / words[0]), *words[1:]]
    code = subprocess.run(argv, cwd=checkout.root, check=False, stdin=subprocess.DEVNULL).returncode
    return Result(name, int(code == 0), int(code != 0), time.monotonic() - began)


def _echo(lines: Iterable[str]) -> tuple[str, list[str]]:
    """Pass the output on; keep its last line, and of failures their names and the first words of their reasons."""
    last, names, reasons = "", list[str](), list[str]()
    for line in lines:
        sys.stdout.write(line)
        sys.stdout.flush()
        last = line if line.strip() else last
        if line.startswith(("FAILED ", "ERROR ")):
            names.append(line.rstrip()[:MAX_TROUBLE_WIDTH])
        elif line.startswith("E  "):
            reasons.append(line.rstrip()[:MAX_TROUBLE_WIDTH])
    return last, [*names[:MAX_TROUBLE], *reasons[:MAX_TROUBLE]]


def environment(checkout: Checkout, base: Mapping[str, str]) -> dict[str, str]:
    """The environment of the tests that need no node: our own programs first on the path."""
    folders: list[Path] = [checkout.venv / "bin", checkout.binaries]
    return {**base, "PATH": ":".join([*map(str, folders), base.get("PATH", "")])}
