"""Lines of the programs' logs, as a process writes them."""

import json
import subprocess
import sys

CODE = """
import sys
from chiplog import logs
log = logs.Logger()
logs.configure(sys.argv[1], run="mnist-1", namespace="team")
print("structlog" in sys.modules)
log.debug("looked")
log.info("recording", streams=2)
print("structlog" in sys.modules)
"""


def said(level: str) -> tuple[list[dict[str, object]], str]:
    """The lines, and whether structlog was there before and after them."""
    done = subprocess.run([sys.executable, "-c", CODE, level], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stderr.splitlines()], done.stdout


def test_a_line_is_json_with_the_values_of_all_lines_and_its_own() -> None:
    (line,), _ = said("info")
    told = {name: value for name, value in line.items() if name != "timestamp"}
    assert told == {"event": "recording", "level": "info", "streams": 2, "run": "mnist-1", "namespace": "team"}


def test_an_unknown_level_means_info_and_debug_says_more() -> None:
    assert [line["event"] for line in said("loud")[0]] == ["recording"]
    assert [line["event"] for line in said("debug")[0]] == ["looked", "recording"]


def test_structlog_comes_with_the_first_line() -> None:
    assert said("info")[1] == "False\nTrue\n"
