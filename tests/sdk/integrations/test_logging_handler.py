"""Python's logging as console rows."""

import logging
from pathlib import Path

import pytest
from tracking_world import make_run, recorded

from chiplog.integrations.logging import ChiplogHandler


@pytest.fixture
def logger() -> logging.Logger:
    made = logging.Logger("train")
    made.propagate = False
    return made


def test_records_of_logging_are_console_rows_with_their_own_time(tmp_path: Path, logger: logging.Logger) -> None:
    run = make_run(tmp_path)
    logger.addHandler(ChiplogHandler(logging.INFO, run))
    logger.debug("not this")
    logger.warning("loss is %s", 3)
    try:
        raise ValueError("x")
    except ValueError:
        logger.exception("caught")
    run.finish()
    logger.info("after the end")
    rows = recorded(tmp_path).of("console")
    assert rows[0]["text"] == "WARNING train: loss is 3\n"
    assert "ValueError: x" in rows[1]["text"]
    assert {row["source"] for row in rows} == {"logger"}
    assert len(rows) == 2
    assert all(row["time"] > 1e9 for row in rows)


def test_without_a_run_nothing_happens(logger: logging.Logger) -> None:
    logger.addHandler(ChiplogHandler())
    logger.warning("nobody listens")
