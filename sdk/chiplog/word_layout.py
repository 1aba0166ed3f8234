"""Keys of what people say: words on runs, tombstones, saved views, links, reports, and that somebody looks at a run;
all other keys are `layout`'s."""

import re
from dataclasses import dataclass

from chiplog import layout

_REPORT = re.compile(r"v1/reports/(?P<cluster>[^/]+)/(?P<namespace>[^/]+)/(?P<name>[^/]+)/(?P<version>[0-9]{8})\.md")


def tombstone_key(run: layout.Run) -> str:
    """Key of people's word that a run shall be deleted."""
    return f"{layout.VERSION}/words/{run.path}/tombstone.json"


def parse_tombstone_key(key: str) -> layout.Run | None:
    """The run whose tombstone stands at `key`; None for any other key."""
    return layout.run_of(key, "tombstone.json", "words")


def watch_key(run: layout.Run) -> str:
    """Key of somebody's word that they look at a run now; a recorder that no run has claimed goes by its own id."""
    return f"{layout.VERSION}/watch/{run.path}.json"


def words_prefix(cluster: str = "", namespace: str = "") -> str:
    """Prefix of what people said of their runs: everywhere, of a cluster, or of one of its namespaces."""
    return layout.class_prefix("words", cluster, namespace)


def words_key(run: layout.Run) -> str:
    """Key of people's words on a run."""
    return f"{layout.VERSION}/words/{run.path}/words.json"


def parse_words_key(key: str) -> layout.Run | None:
    """The run whose words stand at `key`; None for any other key."""
    return layout.run_of(key, "words.json", "words")


VIEWS = "_views"
"""Stands where a run's id would; none begins so."""


def view_key(cluster: str, namespace: str, name: str) -> str:
    """Key of a saved view."""
    return f"{layout.VERSION}/words/{cluster}/{namespace}/{VIEWS}/{name}.json"


def parse_view_key(key: str) -> tuple[str, str, str] | None:
    """Cluster, namespace and name of the view at `key`; None for any other key."""
    return _parse(key, VIEWS)


SHARES = "_shares"
"""The same for links."""


def share_key(cluster: str, namespace: str, share: str) -> str:
    """Key of a link by which others see something."""
    return f"{layout.VERSION}/words/{cluster}/{namespace}/{SHARES}/{share}.json"


def parse_share_key(key: str) -> tuple[str, str, str] | None:
    """Cluster, namespace and id of the link at `key`; None for any other key."""
    return _parse(key, SHARES)


def reports_prefix(cluster: str = "", namespace: str = "") -> str:
    """Prefix of people's reports: everywhere, of a cluster, or of one of its namespaces."""
    return layout.class_prefix("reports", cluster, namespace)


@dataclass(frozen=True)
class Report:
    """Where a report stands."""

    cluster: str
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """The part of a key that names this report."""
        return f"{self.cluster}/{self.namespace}/{self.name}"


def report_prefix(report: Report) -> str:
    """Prefix of all versions of a report, and of what people said of it."""
    return f"{layout.VERSION}/reports/{report.path}/"


def report_key(report: Report, version: int) -> str:
    """Key of one version of a report, counted from 1."""
    return f"{report_prefix(report)}{version:08d}.md"


def comment_key(report: Report, stamp: str) -> str:
    """Key of a comment on a report; stamps sort by time."""
    return f"{report_prefix(report)}comments/{stamp}.md"


def parse_report_key(key: str) -> tuple[Report, int] | None:
    """The report and the version that stand at `key`; None for any other key."""
    found = _REPORT.fullmatch(key)
    return (Report(found["cluster"], found["namespace"], found["name"]), int(found["version"])) if found else None


def parse_comment_key(key: str) -> Report | None:
    """The report on which the comment at `key` is; None for any other key."""
    parts = key.split("/")
    if len(parts) != 7 or parts[:2] != [layout.VERSION, "reports"] or parts[5] != "comments":
        return None
    return Report(parts[2], parts[3], parts[4])


def _parse(key: str, folder: str) -> tuple[str, str, str] | None:
    """Cluster, namespace and name of what stands in a folder of a namespace's words."""
    parts = key.split("/")
    if len(parts) != 6 or parts[:2] != [layout.VERSION, "words"] or parts[4] != folder or not key.endswith(".json"):
        return None
    return parts[2], parts[3], parts[5].removesuffix(".json")
