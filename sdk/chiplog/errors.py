"""The errors of Chiplog, drawn as one tree; it holds no behaviour.

ChiplogError
├── SettingsError          an environment variable or option has a value we refuse
├── QueryError             an expression that chooses runs is not one
├── FormatError            an object is not what its key says, or needs a newer reader
├── RunNotFound            no run answers to the given name
├── AmbiguousRun           several projects hold a run of that name
├── TooCostly              a question took more time or memory than one may
├── ClusterDenied          the Kubernetes API server says that we may not do this
├── ClusterUnreachable     the Kubernetes API server gave no usable answer
└── BucketError            the store said no, or said nothing
    ├── NotFound           the object does not exist
    ├── BucketMissing      the bucket itself does not exist
    ├── PreconditionFailed If-Match or If-None-Match did not hold: somebody else wrote
    ├── AccessDenied       our identity may not do this
    └── Unreachable        no answer, a time-out, throttling or a server's error: worth another try
"""


class ChiplogError(Exception):
    """Anything that Chiplog raises on purpose."""


class SettingsError(ChiplogError):
    """A setting was refused; the message names the variable and the value."""


class QueryError(ChiplogError):
    """An expression is not one of the language of docs/query.md; the message shows the place.

    Args:
        problem: what is wrong, and what to write instead.
        text: the expression.
        at: where in it, in characters.
    """

    def __init__(self, problem: str, text: str = "", at: int = 0) -> None:
        line = text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0].replace("\t", " ")
        column = at - (text.rfind("\n", 0, at) + 1)
        start = max(0, column - 60)
        shown = line[start : start + 90]
        super().__init__(f"{problem}\n  {shown}\n  {' ' * (column - start)}^" if text else problem)
        self.problem, self.at = problem, at


class FormatError(ChiplogError):
    """An object cannot be read as the format that its key promises."""


class RunNotFound(ChiplogError):
    """No run answers to the name that was asked for."""


class AmbiguousRun(ChiplogError):
    """More than one project or namespace holds a run of that name; the message lists them."""


class TooCostly(ChiplogError):
    """A question took more time or memory than one question may have."""


class ClusterDenied(ChiplogError):
    """The Kubernetes API server says that the identity of our context may not do this."""


class ClusterUnreachable(ChiplogError):
    """The Kubernetes API server gave no usable answer; the same call may succeed later."""


class BucketError(ChiplogError):
    """The store refused an operation or did not answer."""


class NotFound(BucketError):
    """The object does not exist."""


class BucketMissing(BucketError):
    """The bucket does not exist."""


class PreconditionFailed(BucketError):
    """The object is not the version that the caller had seen."""


class AccessDenied(BucketError):
    """The identity in use may not do this."""


class Unreachable(BucketError):
    """The store gave no usable answer; the same call may succeed later."""

    retry_after_seconds: float = 0.0
    """What the store asked for (`Retry-After`); 0 where it did not."""
