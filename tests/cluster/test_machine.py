"""The first second: what is missing is named, with what was found, and with the other ways in."""

import dataclasses

import pytest

from chiplog_cluster import machine
from chiplog_cluster.errors import MachineUnfitError
from chiplog_cluster.machine import Facts

GOOD = Facts(
    system="Linux",
    architecture="x86_64",
    kernel=(6, 1),
    is_root=True,
    debian="bookworm",
    has_apt=True,
    python=(3, 11),
    free_disk_bytes=20 * 2**30,
    needed_disk_gib=12,
    memory_bytes=8 * 2**30,
    has_cgroups=True,
)


def test_a_fit_machine_has_no_problems() -> None:
    machine.require(GOOD)
    assert machine.problems(GOOD) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"architecture": "riscv64"}, "riscv64"),
        ({"kernel": (4, 19)}, "4.19"),
        ({"is_root": False}, "sudo"),
        ({"debian": "noble"}, "noble"),
        ({"debian": ""}, "something else"),
        ({"has_apt": False}, "apt-get"),
        ({"python": (3, 9)}, "3.9"),
        ({"free_disk_bytes": 11 * 2**30}, "11.0 GiB"),
        ({"memory_bytes": 2 * 2**30}, "2.0 GiB"),
        ({"has_cgroups": False}, "cgroups"),
    ],
)
def test_each_lack_is_one_problem_that_names_what_was_found(change: dict[str, object], word: str) -> None:
    (problem,) = machine.problems(dataclasses.replace(GOOD, **change))  # type: ignore[arg-type]
    assert word in problem


def test_all_lacks_are_told_at_once() -> None:
    assert len(machine.problems(dataclasses.replace(GOOD, is_root=False, memory_bytes=0))) == 2


def test_another_system_is_told_only_that() -> None:
    assert machine.problems(dataclasses.replace(GOOD, system="Darwin", is_root=False)) == [
        "Linux is needed, for its namespaces; this is Darwin"
    ]


def test_a_machine_sold_as_four_gib_is_enough_although_firmware_takes_some() -> None:
    assert machine.problems(dataclasses.replace(GOOD, memory_bytes=int(3.8 * 2**30))) == []


def test_whoever_cannot_run_it_here_is_told_how_else() -> None:
    with pytest.raises(MachineUnfitError, match="helm install"):
        machine.require(dataclasses.replace(GOOD, is_root=False))


def test_less_disk_is_enough_once_everything_is_built() -> None:
    built = dataclasses.replace(GOOD, needed_disk_gib=3, free_disk_bytes=4 * 2**30)
    assert machine.problems(built) == []
