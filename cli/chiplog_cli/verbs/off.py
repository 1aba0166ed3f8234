"""`chiplog off`: scripts that run in a directory, or below it, are not tracked by `import chiplog`."""

from pathlib import Path

import click

from chiplog.errors import SettingsError
from chiplog.tracking import places


@click.command("off")
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Turn tracking by `import chiplog` off for scripts that are started in DIR (here) or below it.

    It makes the file .chiplog-off there. In a pod it has no effect: whoever starts a run decides.

    \b
    chiplog off
    chiplog on
    """
    try:
        (folder / places.OFF).touch()
    except OSError as error:
        raise SettingsError(f"{folder / places.OFF}: {error.strerror}") from error
    click.echo(f"tracking is off in {folder.absolute()} and below", err=True)
