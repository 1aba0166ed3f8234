"""`make bench`: measures the targets that were asked for, prints a table and writes bench.json; it must not measure."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import admitting
import charts
import decoding
import fleet
import footprint
import kills
import latency
import listing
import logging_calls
import media
import pixels
import sealing
import starting
import targets

MEASURES: dict[str, Callable[[], targets.Report]] = {
    "P1": logging_calls.calls_of_ten,
    "P2": logging_calls.calls_of_hundred,
    "P3": logging_calls.points,
    "P4": logging_calls.size,
    "P5": logging_calls.start,
    "P6": kills.measure,
    "P7": latency.measure,
    "P8": pixels.measure,
    "P9": footprint.memory,
    "P10": footprint.idling,
    "P11": decoding.measure,
    "P12": media.measure,
    "P14": sealing.measure,
    "P15": charts.opened,
    "P16": charts.drawn,
    "P17": listing.warm,
    "P18": listing.cold,
    "P19": fleet.measure,
    "P20": admitting.measure,
    "P21": starting.measure,
}


def main() -> int:
    """0 when every target that was measured holds, 1 when one is missed, 2 for a target that nobody measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="targets, divided by commas; all without it")
    parser.add_argument("--write", type=Path, required=True, help="the JSON file")
    given = parser.parse_args()
    wanted = [name for name in given.only.split(",") if name] or list(MEASURES)
    unknown = sorted(set(wanted) - MEASURES.keys())
    if unknown:
        parser.error(f"--only={given.only}: no benchmark for {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    reports = []
    try:
        for name in wanted:
            print(f"measuring {name} …", flush=True)
            reports.append(MEASURES[name]())
            targets.write(given.write, reports)
    finally:
        print(targets.table(reports))
    return 0 if all(report.holds for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
