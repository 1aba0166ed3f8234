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

WANDB_DIRECTORIES = ("wandb", ".wandb")
"""wandb writes into the first, or into the second where it exists."""

WANDB_FLUSH_SECONDS = 0.25
"""How often wandb 0.31 and later writes its transaction log to the file; this bounds what a SIGKILL can lose."""


def training_environment(run: str, project: str, writer: str, metadata: dict[str, str]) -> dict[str, str]:
    """The variables that a training container is given (DESIGN.md section 5), none of which replaces the user's own.

    `writer` makes the directories of several writers distinct; `metadata` holds `name`, `group`, `tags`, `notes` and
    `username` where the run names them. An empty `run` or `project` is not told: nobody knows it yet.
    """
    named = {f"WANDB_{key.upper()}" if key != "group" else "WANDB_RUN_GROUP": value for key, value in metadata.items()}
    told = {"CHIPLOG_RUN": run, "CHIPLOG_PROJECT": project}
    return {
        "CHIPLOG_DIR": MOUNT,
        **{name: value for name, value in told.items() if value},
        "WANDB_MODE": "offline",
        "WANDB_DIR": MOUNT,
        "WANDB_DATA_DIR": f"{MOUNT}/wandb-data",
        "WANDB_CACHE_DIR": f"{MOUNT}/wandb-cache",
        "WANDB_SYMLINK": "false",
        "WANDB_X_TRANSACTION_LOG_FLUSH_INTERVAL": str(WANDB_FLUSH_SECONDS),
        "WANDB__SYNC_DIR_SUFFIX": writer,
        **({"WANDB_PROJECT": project} if project else {}),
        **named,
    }
