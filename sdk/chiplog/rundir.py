"""The run directory: where a training container writes and the recorder reads; it only names things.

Every training container mounts its own part of one shared volume at `MOUNT`; the recorder mounts the whole volume
there and sees one directory per container.
"""

MOUNT = "/chiplog"
"""Where the volume stands in every container."""

VOLUME = "chiplog"
"""The name of the shared emptyDir in the pod."""

FILES = "files"
"""Whatever is put under this directory of a run directory is shipped."""

FLUSH_REQUEST = ".flush"
"""A file of this name at the top of the volume asks the recorder to flush now; preStop writes it."""

PRINTED = {"stdout": "printed.stdout", "stderr": "printed.stderr"}
"""Files of these names hold what a program printed, by the output."""

WANDB_DIRECTORIES = ("wandb", ".wandb")
"""wandb writes into the first, or into the second where it exists."""

WANDB_FLUSH_SECONDS = 0.25
"""How often wandb 0.31 and later writes its transaction log to the file; this bounds what a SIGKILL can lose."""


def training_environment(
    run: str, project: str, writer: str, metadata: dict[str, str], directory: str = MOUNT, *, console: bool = True
) -> dict[str, str]:
    """The variables that a training process is given, none of which replaces the user's own.

    `writer` makes the directories of several writers distinct; `metadata` holds `name`, `group`, `tags`, `notes` and
    `username` where the run names them; `directory` is the run directory as the process sees it. An empty `run` or
    `project` is not told: nobody knows it yet. Without `console` trackers do not capture what is printed.
    """
    named = {f"WANDB_{key.upper()}" if key != "group" else "WANDB_RUN_GROUP": value for key, value in metadata.items()}
    told = {"CHIPLOG_RUN": run, "CHIPLOG_PROJECT": project}
    return {
        "CHIPLOG_DIR": directory,
        **{name: value for name, value in told.items() if value},
        "WANDB_MODE": "offline",
        "WANDB_DIR": directory,
        "WANDB_DATA_DIR": f"{directory}/wandb-data",
        "WANDB_CACHE_DIR": f"{directory}/wandb-cache",
        "WANDB_SYMLINK": "false",
        "WANDB_X_TRANSACTION_LOG_FLUSH_INTERVAL": str(WANDB_FLUSH_SECONDS),
        "WANDB__SYNC_DIR_SUFFIX": writer,
        **({"WANDB_PROJECT": project} if project else {}),
        **named,
        **({} if console else {"WANDB_CONSOLE": "off", "CHIPLOG_CONSOLE": "off"}),
    }
