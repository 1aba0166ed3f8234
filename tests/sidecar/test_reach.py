"""What of a training container's directory can be opened, and what never is."""

import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from chiplog_sidecar import reach


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "volume" / "main"
    (top / "files" / "deep").mkdir(parents=True)
    (top / "files" / "deep" / "a").write_bytes(b"content")
    (tmp_path / "volume" / "other").mkdir()
    (tmp_path / "volume" / "other" / "secret").write_bytes(b"of another container")
    (tmp_path / "token").write_bytes(b"a credential of the sidecar")
    return top


def read(top: Path, path: str) -> bytes:
    with reach.opened(top, path) as descriptor:
        return os.read(descriptor, 100)


def refusal(top: Path, path: str) -> str:
    """Why a path is not opened, which is also why its status is not told."""
    refused = unseen = None
    try:
        with reach.opened(top, path):
            pass
    except OSError as error:
        refused = error.strerror
    try:
        reach.status(top, path)
    except OSError as error:
        unseen = error.strerror
    assert refused == unseen
    return str(refused)


@pytest.mark.parametrize(
    "target", ["deep/a", "./deep/../deep/a", "../files/deep/a", "/chiplog/files/deep/a", "{top}/files/deep/a"]
)
def test_a_link_that_stays_inside_is_followed_as_its_container_meant_it(top: Path, target: str) -> None:
    (top / "files" / "latest").symlink_to(target.replace("{top}", str(top)))
    assert read(top, "files/latest") == b"content"
    assert reach.status(top, "files/latest").st_size == 7


@pytest.mark.parametrize(
    "target", ["../../../token", "../../other/secret", "/etc/passwd", "{tmp}/token", "/proc/self/environ"]
)
def test_a_link_that_leads_out_is_refused(top: Path, target: str, tmp_path: Path) -> None:
    (top / "files" / "model").symlink_to(target.replace("{tmp}", str(tmp_path)))
    assert refusal(top, "files/model") == reach.OUTSIDE


def test_a_directory_that_is_a_link_out_is_refused(top: Path, tmp_path: Path) -> None:
    (top / "files" / "folder").symlink_to(tmp_path)
    assert refusal(top, "files/folder/token") == reach.OUTSIDE


def test_a_path_that_climbs_out_is_refused(top: Path) -> None:
    assert refusal(top, "files/../../other/secret") == reach.OUTSIDE
    assert refusal(top, "../other/secret") == reach.OUTSIDE


def test_links_in_a_circle_are_refused(top: Path) -> None:
    (top / "files" / "a").symlink_to("b")
    (top / "files" / "b").symlink_to("a")
    assert "symbolic links" in refusal(top, "files/a")


def test_a_fifo_is_never_opened(top: Path) -> None:
    os.mkfifo(top / "files" / "pipe")
    assert refusal(top, "files/pipe") == reach.NOT_A_FILE
    writer = os.open(top / "files" / "pipe", os.O_RDWR | os.O_NONBLOCK)
    assert refusal(top, "files/pipe") == reach.NOT_A_FILE
    os.close(writer)


def test_a_directory_and_no_path_at_all_are_no_files(top: Path) -> None:
    assert refusal(top, "files/deep") == reach.NOT_A_FILE
    assert refusal(top, "") == reach.NOT_A_FILE
    assert refusal(top, "files/\0") == reach.NOT_A_FILE


def test_a_part_that_is_swapped_for_a_link_meanwhile_gives_an_error_and_no_file(top: Path, tmp_path: Path) -> None:
    parts = reach.resolve(top, "files/deep/a")
    (top / "files" / "deep" / "a").unlink()
    (top / "files" / "deep").rmdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a").write_bytes(b"from elsewhere")
    (top / "files" / "deep").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotADirectoryError):
        reach.open_exactly(top, parts)


def test_a_file_that_turns_into_a_link_again_and_again_never_gives_what_is_elsewhere(top: Path, tmp_path: Path) -> None:
    """The last part may be swapped between the look at it and the opening: the kernel refuses a link there."""
    path, file, link = top / "files" / "deep" / "a", top / "kept", top / "link"
    is_over = threading.Event()

    def swap() -> None:
        while not is_over.is_set():
            file.write_bytes(b"content")
            file.replace(path)
            link.symlink_to(tmp_path / "token")
            link.replace(path)

    swapper, seen = threading.Thread(target=swap), set[bytes]()
    swapper.start()
    try:
        for _ in range(3000):
            with suppress(OSError):
                descriptor = reach.open_exactly(top, ["files", "deep", "a"])
                seen.add(os.read(descriptor, 100))
                os.close(descriptor)
    finally:
        is_over.set()
        swapper.join()
    assert b"content" in seen
    assert seen <= {b"content", b""}


def test_no_descriptor_is_left_open(top: Path, tmp_path: Path) -> None:
    (top / "files" / "model").symlink_to(tmp_path / "token")
    before = len(list(Path("/proc/self/fd").iterdir()))
    read(top, "files/deep/a")
    refusal(top, "files/model")
    refusal(top, "files/deep")
    refusal(top, "files/deep/gone")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
