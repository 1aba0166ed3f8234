"""What is found in a run directory."""

from pathlib import Path

import pytest

from chiplog_sidecar import sources


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_logs_are_found_wherever_wandb_was_pointed(tmp_path: Path) -> None:
    for path in (
        "wandb/offline-run-1-a/run-a.wandb",
        ".wandb/run-2-b/run-b.wandb",
        "deep/er/wandb/run-3-c/run-c.wandb",
    ):
        touch(tmp_path / "main" / path)
    found = sources.followed(tmp_path, "main")
    assert [source.path.rpartition("/")[2] for source in found] == ["run-b.wandb", "run-c.wandb", "run-a.wandb"]


def test_json_lines_are_found_by_their_name(tmp_path: Path) -> None:
    for path in ("metrics.jsonl", "rank-1/metrics.jsonl", "files/metrics.jsonl", "other.jsonl"):
        touch(tmp_path / "main" / path)
    found = [(source.path, source.kind) for source in sources.followed(tmp_path, "main")]
    assert found == [("metrics.jsonl", "jsonl"), ("rank-1/metrics.jsonl", "jsonl")]


def test_event_files_are_found_by_their_name_wherever_they_are(tmp_path: Path) -> None:
    name = "events.out.tfevents.1.host"
    for path in (f"logs/{name}", f"paths/0/run-1/{name}", f"files/{name}", f"wandb/offline-run-1-a/logs/{name}"):
        touch(tmp_path / "main" / path)
    found = [(source.path, source.kind) for source in sources.followed(tmp_path, "main")]
    assert found == [(f"logs/{name}", "tensorboard"), (f"paths/0/run-1/{name}", "tensorboard")]


def test_what_only_looks_like_a_log_is_left_alone(tmp_path: Path) -> None:
    touch(tmp_path / "main" / "wandb" / "run-a.wandb")
    touch(tmp_path / "main" / "wandb" / "offline-run-1-a" / "files" / "run-a.wandb")
    real = touch(tmp_path / "elsewhere" / "offline-run-9-z" / "run-z.wandb")
    (tmp_path / "main" / "wandb" / "offline-run-9-z").mkdir()
    (tmp_path / "main" / "wandb" / "offline-run-9-z" / "run-z.wandb").symlink_to(real)
    assert sources.followed(tmp_path, "main") == []


def test_a_directory_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert sources.containers(tmp_path / "nowhere", ()) == []
    assert sources.followed(tmp_path, "main") == []


def test_only_the_named_containers_are_read(tmp_path: Path) -> None:
    for name in ("trainer", "proxy", ".hidden"):
        (tmp_path / name).mkdir()
    assert sources.containers(tmp_path, ()) == ["proxy", "trainer"]
    assert sources.containers(tmp_path, ("trainer",)) == ["trainer"]


def test_files_in_the_making_are_not_shipped(tmp_path: Path) -> None:
    for name in ("a.bin", "b.tmp", ".c", "sub/d.bin", ".cache/e"):
        touch(tmp_path / "main" / "files" / name)
    assert sorted(sources.shipped_files(tmp_path, "main")) == ["files/a.bin", "files/sub/d.bin"]


@pytest.mark.parametrize(
    ("path", "include", "exclude", "wanted"),
    [
        ("files/a.bin", (), (), True),
        ("files/a.bin", ("*.pt",), (), False),
        ("files/a.pt", ("*.pt",), (), True),
        ("files/a.pt", ("*.pt",), ("files/*",), False),
    ],
)
def test_globs_choose_files(path: str, include: tuple[str, ...], exclude: tuple[str, ...], wanted: bool) -> None:
    assert sources.is_wanted(path, include, exclude) is wanted
