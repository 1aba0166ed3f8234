"""A bar stands where people look, and nowhere else."""

import io

from chiplog_cli.rendering import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_much_is_done() -> None:
    terminal = Terminal()
    assert list(progress.over(["a", "b", "c"], "verifying", terminal)) == ["a", "b", "c"]
    assert "verifying" in terminal.getvalue()
    assert "3/3" in terminal.getvalue()


def test_of_what_nobody_counted_a_terminal_sees_how_much_was_seen() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    assert list(progress.through((letter for letter in "abc"), "reading rows", terminal)) == ["a", "b", "c"]
    assert "reading rows" in terminal.getvalue()
    assert "3/?" in terminal.getvalue()
    assert list(progress.through("abc", "reading rows", pipe)) == ["a", "b", "c"]
    assert pipe.getvalue() == ""


def test_a_pipe_and_a_single_thing_see_no_bar() -> None:
    pipe, terminal = io.StringIO(), Terminal()
    assert list(progress.over([1, 2], "verifying", pipe)) == [1, 2]
    assert list(progress.over([1], "verifying", terminal)) == [1]
    assert pipe.getvalue() == terminal.getvalue() == ""
