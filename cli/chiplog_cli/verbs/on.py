"""`chiplog on`: what `chiplog off` turned off."""

from pathlib import Path

import click

from chiplog.errors import SettingsError
from chiplog.tracking import places


@click.command("on")
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Turn tracking by `import chiplog` on again for DIR (here). A directory above it that is off keeps it off.

    \b
    chiplog on
    """
    try:
        (folder / places.OFF).unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(f"{folder / places.OFF}: {error.strerror}") from error
    where = folder.absolute()
    above = next((parent for parent in where.parents if (parent / places.OFF).exists()), None)
    click.echo(
        f"tracking is on in {where}" if above is None else f"tracking is still off by {above / places.OFF}", err=True
    )
