"""Each kind of source says what a kill of its writer can lose, for the head, the status and `chiplog show`."""

import pytest

from chiplog.folding import Fold
from chiplog_sidecar import formats

WANDB = {
    "0.16.6": "up to 32 KiB of records, which wandb 0.16.6 keeps in memory",
    "0.30.9": "up to 32 KiB of records, which wandb 0.30.9 keeps in memory",
    "0.31.0+9af3": "rows of the last 0.25 s when the trainer is killed",
    "0.31.0rc1": "rows of the last 0.25 s when the trainer is killed",
    "1.0.0": "rows of the last 0.25 s when the trainer is killed",
    "": "unknown: the log does not say which wandb wrote it",
    "main": "unknown: the log does not say which wandb wrote it",
}


@pytest.mark.parametrize("producer", WANDB)
def test_wandb_flushes_by_time_from_0_31_on(producer: str) -> None:
    assert formats.BY_KIND["wandb"].loss_bound(Fold(producer=producer)) == WANDB[producer]


def test_a_log_that_never_names_its_wandb_is_an_old_ones() -> None:
    assert "so old" in formats.BY_KIND["wandb"].loss_bound(Fold(kinds={"header": 1}))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("chiplog", "nothing that log() returned for"),
        ("jsonl", "what the writer has not written to the file"),
        (
            "tensorboard",
            "nothing of tensorboard's own writer; up to 4 KiB and ten events, or two minutes of them, of tensorboardX",
        ),
        ("stdout", "what the program has not written"),
        ("stderr", "what the program has not written"),
    ],
)
def test_every_other_source_says_its_own_bound(kind: str, words: str) -> None:
    assert formats.BY_KIND[kind].loss_bound(Fold()) == words


def test_no_kind_is_without_one() -> None:
    assert all(known.loss_bound(Fold()) for known in formats.BY_KIND.values())
