"""What a benchmark reports, and how the reports become a table and a file; it must not measure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Report:
    """One target's figures, measured together on this machine."""

    target: str
    """`P7`: the key in bench.json."""

    what: str
    """The workload, in a few words."""

    ours: float
    unit: str
    goal: str
    holds: bool

    peers: Mapping[str, float] = field(default_factory=dict)
    """The same figure of others, by name and version."""

    more: Mapping[str, float] = field(default_factory=dict)
    """Further figures of ours, in the unit that their names say."""


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of all values lies, by the nearest rank."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def table(reports: Sequence[Report]) -> str:
    """The reports as aligned text, one line each and one for what stands beside it."""
    lines = []
    for report in reports:
        mark = "ok  " if report.holds else "MISS"
        lines.append(
            f"{mark} {report.target:<4} {report.ours:>10,.3g} {report.unit:<8} goal {report.goal:<24} {report.what}"
        )
        beside = [f"{name} {value:,.3g}" for name, value in (*report.peers.items(), *report.more.items())]
        lines.extend(f"          {words}" for words in beside)
    return "\n".join(lines)


def write(path: Path, reports: Sequence[Report]) -> None:
    """Put the reports into the file, over those of the same targets and beside the others."""
    known = json.loads(path.read_text()) if path.exists() else {}
    fresh = {report.target: {k: v for k, v in asdict(report).items() if k != "target"} for report in reports}
    path.write_text(json.dumps({**known, **fresh}, indent=1, sort_keys=True) + "\n")
