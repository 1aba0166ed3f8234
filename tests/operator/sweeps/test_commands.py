"""Command lines by W&B's macros, held against what its own agent makes of them."""

from typing import Any

import pytest
from wandb.sdk.launch.sweeps import utils

from chiplog_operator.sweeps import commands

CONFIG: dict[str, Any] = {"lr": 1e-05, "fast": True, "slow": False, "opt": {"name": "adam"}, "none": None, "t": "a b"}
MACROS = ("args", "args_no_equals", "args_no_hyphens", "args_no_boolean_flags", "args_json", "args_append_hydra",
          "args_override_hydra")  # fmt: skip


@pytest.mark.parametrize("macro", MACROS)
def test_a_macro_is_what_the_agent_makes_of_it(macro: str) -> None:
    agent = utils.create_sweep_command_args({"args": {key: {"value": value} for key, value in CONFIG.items()}})
    assert commands.expand([f"${{{macro}}}"], "train.py", CONFIG, "/f") == agent[macro]


def test_the_default_command_is_the_agent_s() -> None:
    assert list(commands.DEFAULT) == utils.DEFAULT_SWEEP_COMMAND
    expanded = commands.expand(commands.DEFAULT, "train.py", {"lr": 0.1}, "/f")
    assert expanded == ["/usr/bin/env", "python", "train.py", "--lr=0.1"]


def test_a_file_of_parameters_is_named() -> None:
    assert commands.expand(["x", "${args_json_file}"], "", {}, "/sweep/args.json") == ["x", "/sweep/args.json"]


def test_variables_are_left_to_the_kubelet() -> None:
    assert commands.expand(["${envvar:HOME}/data", "${unknown}"], "", {}, "/f") == ["$(HOME)/data"]


def test_what_a_value_holds_is_no_variable_of_the_kubelet() -> None:
    assert commands.expand(["${args}"], "", {"name": "$(HOME) $5"}, "/f") == ["--name=$$(HOME) $$5"]


def test_a_command_without_macros_is_known() -> None:
    assert not commands.has_macros(["python3", "train.py", "$HOME"])
    assert commands.has_macros(["python3", "${args}"])
    assert commands.has_macros(["--dir=${envvar:DATA}"])
