"""`chiplog files`: the files of a run, listed or downloaded."""

from functools import partial
from pathlib import Path

import click

from chiplog_cli import completing, options
from chiplog_cli.session import Session


@click.command(
    "files",
    help=f"""List the files of a run, or those whose path matches any PATTERN (* matches slashes too).

    {options.RUN_HELP}

    \b
    chiplog files mnist '*.pt'                 lists them
    chiplog files get mnist '*.pt' --to out    downloads them (--download out says the same)
    chiplog files mnist model.pt --versions

    Every version of a rewritten file is kept; the current one is shown unless --versions or --sha256 ask for others.
    Downloaded beside each other, an older version N is called PATH.~N~.

    In json, jsonl and csv each file has path, container, attempt, rank, recorder, version, versions, size, sha256, key,
    modified, policy and missing, the reason where its content could not be recorded.
    """,
)
@click.argument("words", nargs=-1, required=True, metavar="[get] RUN [PATTERN]...", shell_complete=completing.run)
@click.option(
    "--download",
    "--to",
    "download",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Fetch them into DIR.",
)
@click.option("--versions", is_flag=True, help="All versions of each file, oldest first.")
@click.option("--sha256", default="", metavar="DIGEST", help="The versions whose SHA-256 begins so.")
@options.attempt
@options.reading
def command(
    session: Session,
    words: tuple[str, ...],
    download: Path | None,
    versions: bool,
    sha256: str,
    attempt: int | None,
    output: str,
) -> None:
    """List or download the files of a run."""
    from chiplog.reading import documents, files
    from chiplog_cli import downloading, notes, tables
    from chiplog_cli.rendering import formats, pages, progress

    is_get, run, patterns = _asked(words)
    download = download or (Path() if is_get else None)
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
        shown = partial(progress.over, what="downloading")
        notes.downloaded(downloading.fetch(bucket, found, download, shown), download)


def _asked(words: tuple[str, ...]) -> tuple[bool, str, tuple[str, ...]]:
    """Whether files are to be fetched, the run, and the patterns; a run may itself be called `get`."""
    if words[0] == "get" and len(words) > 1:
        return True, words[1], words[2:]
    return False, words[0], words[1:]
