"""What ends a command early, as message and exit code; the only place that maps errors to codes.

0 fine · 1 the answer is no · 2 wrong usage · 3 not found · 4 not allowed · 5 unreachable
"""

import click

from chiplog import errors

NO, USAGE, NOT_FOUND, NOT_ALLOWED, UNREACHABLE = 1, 2, 3, 4, 5

INTERRUPTED = 130
"""Ended by Ctrl-C, as shells count it: 128 and SIGINT's number."""

_CODES: list[tuple[type[errors.ChiplogError], int]] = [
    (errors.SettingsError, USAGE),
    (errors.QueryError, USAGE),
    (errors.AmbiguousRun, USAGE),
    (errors.RunNotFound, NOT_FOUND),
    (errors.NotFound, NOT_FOUND),
    (errors.BucketMissing, NOT_FOUND),
    (errors.AccessDenied, NOT_ALLOWED),
    (errors.ClusterDenied, NOT_ALLOWED),
    (errors.ClusterUnreachable, UNREACHABLE),
    (errors.BucketError, UNREACHABLE),
    (errors.FormatError, NO),
]

_ADVICE: list[tuple[type[errors.ChiplogError], str]] = [
    (errors.AccessDenied, "check AWS_PROFILE or the AWS_* variables, or ask for less with -n NAMESPACE --cluster NAME"),
    (errors.ClusterDenied, "check with kubectl auth whoami, and kubectl auth can-i"),
    (errors.ClusterUnreachable, "check KUBECONFIG and kubectl config current-context, then try again"),
    (errors.BucketMissing, "check --bucket or CHIPLOG_BUCKET"),
    (errors.Unreachable, "check AWS_ENDPOINT_URL and the network, then try again"),
]


def report(error: errors.ChiplogError) -> int:
    """Say an error on stderr, with what may help, and give its exit code."""
    click.echo(f"chiplog: {error}", err=True)
    advice = next((text for kind, text in _ADVICE if isinstance(error, kind)), "")
    if advice:
        click.echo(f"         {advice}", err=True)
    return code(error)


def code(error: errors.ChiplogError) -> int:
    """The exit code of an error."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), NO)
