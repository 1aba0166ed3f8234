"""A trial's command line from W&B's macros, as its agent makes it; it knows no container.

`${args}` and its kin are whole words of a command. `${envvar:NAME}` may stand inside a word; the agent fills it from
its own environment, and here, where there is no agent, the kubelet does from the container's: it becomes `$(NAME)`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

DEFAULT = ("${env}", "${interpreter}", "${program}", "${args}")

_VARIABLE = re.compile(r"\$\{envvar:([A-Z0-9_]*)\}")
_MACROS = frozenset({
    "${env}", "${interpreter}", "${program}", "${args}", "${args_no_equals}", "${args_no_hyphens}",
    "${args_no_boolean_flags}", "${args_json}", "${args_json_file}", "${args_append_hydra}", "${args_override_hydra}",
})  # fmt: skip


def has_macros(words: Iterable[str]) -> bool:
    """Some word is one of W&B's macros."""
    return any(word in _MACROS or _VARIABLE.search(word) for word in words)


def expand(words: Iterable[str], program: str, config: Mapping[str, Any], json_file: str) -> list[str]:
    """The words with their macros filled in; `json_file` is where the parameters lie as JSON.

    A macro that is none of W&B's goes away, as with its agent. What a value holds is kept from the kubelet's own
    expansion, which reads `$(NAME)`.
    """
    known = _filled(program, config, json_file)
    found: list[str] = []
    for word in words:
        if _VARIABLE.search(word):
            found.append(_VARIABLE.sub(r"$(\1)", word))
        elif word.startswith("${") and word.endswith("}"):
            found += [item.replace("$", "$$") for item in known.get(word[2:-1], [])]
        else:
            found.append(word)
    return found


def _filled(program: str, config: Mapping[str, Any], json_file: str) -> dict[str, list[str]]:
    pairs = [(key, f"{key}={value}") for key, value in config.items()]
    flags = [f"--{pair}" for _, pair in pairs]
    booleans = {key for key, value in config.items() if isinstance(value, bool)}
    return {
        "env": ["/usr/bin/env"],
        "interpreter": ["python"],
        "program": [program] if program else [],
        "args": flags,
        "args_no_equals": [word for key, value in config.items() for word in (f"--{key}", str(value))],
        "args_no_hyphens": [pair for _, pair in pairs],
        "args_no_boolean_flags": [
            f"--{key}" if key in booleans else f"--{pair}" for key, pair in pairs if config[key] is not False
        ],
        "args_json": [json.dumps(dict(config))],
        "args_json_file": [json_file],
        "args_append_hydra": [f"+{pair}" for _, pair in pairs],
        "args_override_hydra": [f"++{pair}" for _, pair in pairs],
    }
