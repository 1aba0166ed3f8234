"""`chiplog files`: the files of a run, listed or downloaded."""

from pathlib import Path

import click

from chiplog_cli import options
from chiplog_cli.session import Session


@click.command(
    "files",
    help=f"""List the files of a run, or those whose path matches any PATTERN (* matches slashes too).

    {options.RUN_HELP}

    Every version of a rewritten file is kept; the current one is shown unless --versions or --sha256 ask for others.
    Downloaded beside each other, an older version N is called PATH.~N~.

    In json, jsonl and csv each file has path, container, attempt, rank, recorder, version, versions, size, sha256, key,
    modified, policy and missing, the reason where its content could not be recorded.
    """,
)
@click.argument("run")
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@click.option(
    "--download", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Fetch them into DIR."
)
@click.option("--versions", is_flag=True, help="All versions of each file, oldest first.")
@click.option("--sha256", default="", metavar="DIGEST", help="The versions whose SHA-256 begins so.")
@options.attempt
@options.reading
def command(
    session: Session,
    run: str,
    patterns: tuple[str, ...],
    download: Path | None,
    versions: bool,
    sha256: str,
    attempt: int | None,
    output: str,
) -> None:
    """List or download the files of a run."""
    from chiplog.reading import documents, files
    from chiplog_cli import downloading, notes, tables
    from chiplog_cli.rendering import formats, pages

    bucket, view = session.find(run)
    notes.require_attempt(view, attempt)
    recorded = files.read(bucket, view, attempt, every=versions or bool(sha256))
    found = [
        file for file in downloading.matching(recorded, patterns) if (file.sha256 or "").startswith(sha256.lower())
    ]
    if output != "table":
        formats.write(output, map(documents.file, found), documents.FILE)
    elif found:
        pages.write([tables.files(found)])
    else:
        click.echo(f"{view.name} has no {'such ' if patterns else ''}files", err=True)
    if download is not None:
        notes.downloaded(downloading.fetch(bucket, found, download), download)
