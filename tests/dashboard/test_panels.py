"""Which runs the text of a report means."""

import pytest

from chiplog_dashboard import panels

BLOCK = "```chiplog\npanel: curves\nruns: baseline\n```\n"


def test_a_block_of_our_language_is_a_panel_also_in_a_list_and_a_quote() -> None:
    quoted = "> " + BLOCK.replace("\n", "\n> ")
    assert len(panels.panels(f"{BLOCK}\n- {BLOCK}\n{quoted}\n~~~ chiplog \nruns: x\n~~~ \n")) == 4


def test_a_block_within_another_languages_is_none() -> None:
    assert panels.panels(f"~~~markdown\n{BLOCK}~~~\n") == []


@pytest.mark.parametrize("mark", ["~", "`", " "])
def test_a_line_of_a_million_marks_is_read_once(mark: str) -> None:
    assert panels.panels(f"~~~{mark * 1_000_000}x`\n") == []
