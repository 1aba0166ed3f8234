"""`chiplog off` and `chiplog on`: the switch that `import chiplog` looks at."""

from pathlib import Path

from click.testing import CliRunner

from chiplog.tracking import places
from chiplog_cli.main import cli


def said(verb: str, folder: Path) -> str:
    done = CliRunner().invoke(cli, [verb, str(folder)])
    assert done.exit_code == 0
    return done.output


def test_off_is_off_below_and_on_is_on_again(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert not places.is_off(below)
    said("off", tmp_path)
    assert places.is_off(below)
    assert "still off" in said("on", below)
    assert places.is_off(below)
    assert "tracking is on" in said("on", tmp_path)
    assert not places.is_off(below)


def test_a_directory_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert CliRunner().invoke(cli, ["off", str(tmp_path / "nowhere")]).exit_code == 2
