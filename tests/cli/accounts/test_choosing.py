"""Which account holds: flag, environment, the directory's file, the default; and what a file of contexts may be."""

import json
from pathlib import Path

import pytest

from chiplog.errors import SettingsError
from chiplog_cli.accounts import choosing, contexts
from chiplog_cli.accounts.contexts import Context, Contexts, Credential

HELD = Contexts("home", {name: Context(name, f"s3://{name}") for name in ("home", "team", "lab", "here")})


def by(tmp_path: Path, flag: str = "", variable: str = "", *, has_address: bool = False) -> str:
    environ = {choosing.VARIABLE: variable} if variable else {}
    chosen = choosing.choose(flag, environ, tmp_path, HELD, has_address=has_address)
    return f"{chosen.context.name} by {chosen.by}" if chosen else ""


def test_a_flag_outranks_the_environment_that_a_file_and_that_the_default(tmp_path: Path) -> None:
    assert by(tmp_path) == "home by the default"
    (tmp_path / ".chiplog-context").write_text("here\n")
    assert by(tmp_path) == f"here by {tmp_path / '.chiplog-context'}"
    assert by(tmp_path, variable="lab") == "lab by CHIPLOG_CONTEXT"
    assert by(tmp_path, "team", "lab") == "team by --context"


def test_the_nearest_file_above_holds(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / ".chiplog-context").write_text("here")
    assert by(below).startswith("here")
    (below / ".chiplog-context").write_text("lab")
    assert by(below).startswith("lab")


def test_an_address_in_the_environment_outranks_what_is_only_written_down(tmp_path: Path) -> None:
    (tmp_path / ".chiplog-context").write_text("here")
    assert by(tmp_path, has_address=True) == ""
    assert by(tmp_path, variable="lab", has_address=True) == "lab by CHIPLOG_CONTEXT"


@pytest.mark.parametrize("text", ["", "a b", "s3://evil/bucket", "../x", "name\nother"])
def test_a_file_of_a_directory_holds_a_name_and_nothing_else(tmp_path: Path, text: str) -> None:
    (tmp_path / ".chiplog-context").write_text(text)
    with pytest.raises(SettingsError, match=r"\.chiplog-context: .* cannot name a context"):
        by(tmp_path)


def test_an_unknown_name_says_who_named_it_and_which_are_known(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"CHIPLOG_CONTEXT: there is no context 'x'; known: here, home, lab, team"):
        by(tmp_path, variable="x")


def test_contexts_are_read_as_they_were_written_by_their_owner_alone(tmp_path: Path) -> None:
    full = Context("lab", "https://h", "a", "c", "http://e", "r", Credential("exec", ("get key", "--now")))
    written = HELD.added(full, is_default=True)
    folder = tmp_path / "config"
    contexts.write(folder, written)
    assert contexts.read(folder) == written
    assert (folder / "contexts.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == ["contexts.json"]


UNKNOWN = {"a": {"bucket": "b", "credential": {"kind": "x", "words": []}}}


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"default": ""}', '{"default": "", "contexts": {"a": {}}}',
     json.dumps({"default": "", "contexts": UNKNOWN})],
)  # fmt: skip
def test_a_file_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "contexts.json").write_text(text)
    with pytest.raises(SettingsError, match=r"contexts\.json"):
        contexts.read(tmp_path)


def test_the_first_is_the_default_and_one_that_goes_is_it_no_more() -> None:
    first = Contexts().added(Context("a", "x"), is_default=False)
    second = first.added(Context("b", "y"), is_default=False)
    assert (first.default, second.default, second.used("b").default) == ("a", "a", "b")
    assert second.without("a") == Contexts("", {"b": Context("b", "y")})
    with pytest.raises(SettingsError, match="'c'"):
        second.used("c")


@pytest.mark.parametrize("name", ["", "-a", "a/b", "a b", "é", "a" * 64])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(SettingsError):
        contexts.checked(name)
