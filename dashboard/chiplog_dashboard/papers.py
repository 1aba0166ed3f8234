"""A report's version as a plain Markdown file with a few facts before its text, and the newest of them; it writes none.

The facts stand as `name: value` between two lines `---`, as many tools have them, so that the file is a readable one
wherever it is copied to. A file that somebody wrote without them is a report too.
"""

from dataclasses import dataclass, field

from chiplog import word_layout
from chiplog.bucket import Bucket
from chiplog.errors import NotFound

FENCE = "---"
MAX_FACTS = 32


@dataclass(frozen=True)
class Paper:
    """Facts and text."""

    text: str
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """As it says, or its first heading."""
        headings = (line.lstrip("# ").strip() for line in self.text.splitlines() if line.startswith("#"))
        return self.facts.get("title") or next(headings, "")


def packed(paper: Paper) -> bytes:
    """The file; facts without a value are left out."""
    lines = [f"{name}: {value}" for name, value in paper.facts.items() if value]
    return "\n".join([FENCE, *lines, FENCE, paper.text]).encode()


def unpacked(data: bytes) -> Paper:
    """What a file holds; bytes that are no UTF-8 become question marks."""
    whole = data.decode(errors="replace").removeprefix("\ufeff").replace("\r\n", "\n")
    head, fence, text = whole.removeprefix(f"{FENCE}\n").partition(f"\n{FENCE}\n")
    lines = head.split("\n")
    if not whole.startswith(f"{FENCE}\n") or not fence or len(lines) > MAX_FACTS:
        return Paper(whole)
    pairs = (line.partition(":") for line in lines)
    return Paper(text, {name.strip(): value.strip() for name, colon, value in pairs if colon})


def newest(bucket: Bucket, report: word_layout.Report) -> Paper:
    """A report as it is now. Raises NotFound, BucketError."""
    listed = bucket.list(word_layout.report_prefix(report))
    versions = [found[1] for item in listed if (found := word_layout.parse_report_key(item.key)) and found[0] == report]
    if not versions:
        raise NotFound(f"there is no report {report.name} in namespace {report.namespace} of cluster {report.cluster}")
    return unpacked(bucket.get(word_layout.report_key(report, max(versions))).data)
