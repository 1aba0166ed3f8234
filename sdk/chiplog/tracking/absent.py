"""wandb's calls that `import chiplog as wandb` lacks, each with what to do instead: never silence. Names alone."""

from chiplog.errors import ChiplogError


class NotAvailableError(ChiplogError, AttributeError):
    """A call of wandb that chiplog has not."""


_SERVER = "it needs W&B's server"

ADVICE = {
    "sweep": "write a Sweep resource or use `chiplog sweep`",
    "agent": "the operator starts a sweep's trials; a trial reads `chiplog.config`",
    "controller": "the operator runs sweeps",
    "watch": "gradients are not recorded by themselves: log a chiplog.Histogram of what you want to see",
    "unwatch": "there is no `watch`",
    "restore": "`chiplog restore` and `chiplog files get` bring files back",
    "use_artifact": f"{_SERVER}: name your data with `use_dataset`, get files with `chiplog files get`",
    "use_model": f"{_SERVER}: get files with `chiplog files get`",
    "link_artifact": f"{_SERVER}: there is no registry",
    "link_model": f"{_SERVER}: there is no registry",
    "log_code": "use `save`, or `log_artifact` with type='code'",
    "plot": "log a chiplog.Table, or a figure of Plotly or matplotlib",
    "plots": "log a chiplog.Table, or a figure of Plotly or matplotlib",
    "plot_table": "log a chiplog.Table",
    "data_types": "the media are chiplog.Image, chiplog.Table and so on",
    "Molecule": "save the file with `save`",
    "Graph": "save the model with `save`",
    "Classes": "give `class_labels` with masks and boxes",
    "JoinedTable": "log a chiplog.Table",
    "PartitionedTable": "log a chiplog.Table",
    "keras": "use chiplog.integrations.keras",
    "integration": "use chiplog.integrations",
    "sklearn": "log figures of matplotlib",
    "xgboost": "log from a callback of your own",
    "lightgbm": "log from a callback of your own",
    "apis": f"{_SERVER}",
    "sdk": "it is the inside of wandb",
    "wandb_sdk": "it is the inside of wandb",
    "to_html": f"{_SERVER}",
    "upsert_artifact": f"{_SERVER}: use `log_artifact`",
    "finish_artifact": f"{_SERVER}: use `log_artifact`",
    "require": "there is nothing to require",
    "docker": f"{_SERVER}",
    "launch": "write a TrainingRun",
}
"""By name."""


_OF_STORED = frozenset({"version", "source_version", "qualified_name", "id", "download", "get", "get_path", "checkout",
                        "verify", "delete", "logged_by", "used_by", "json_encode", "is_draft"})  # fmt: skip
"""What wandb's artifacts have once W&B's server knows them."""


def refuse_of_artifact(name: str) -> AttributeError:
    """The error for what an artifact lacks."""
    if name in _OF_STORED:
        return NotAvailableError(
            f"artifact.{name} is not available: {_SERVER}; `chiplog files get` fetches files (docs/migrating.md)"
        )
    return AttributeError(f"artifact has no attribute {name!r}")


def refuse(name: str, where: str = "chiplog") -> AttributeError:
    """The error for a name that is not there."""
    if name in ADVICE:
        return NotAvailableError(f"{where}.{name} is not available: {ADVICE[name]} (docs/migrating.md)")
    return AttributeError(f"{where} has no attribute {name!r}")
