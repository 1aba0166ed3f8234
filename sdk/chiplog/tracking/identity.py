"""Who a run is: its id, name, project and group, from what `init` was told and the environment says. It does no I/O."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chiplog.tracking import names, notices

_RANKS = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK")
"""Variables by which launchers tell a process its rank (torchrun, Slurm, MPI)."""


class Identity(NamedTuple):
    """A run's words on itself."""

    id: str
    name: str
    project: str
    entity: str = ""
    group: str = ""
    job_type: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    sweep_id: str = ""
    resume: bool = False
    rank: int | None = None
    """Of this process in its gang; None where nobody says."""


def decide(
    environ: Mapping[str, str],
    *,
    project: str | None = None,
    entity: str | None = None,
    name: str | None = None,
    notes: str | None = None,
    tags: Sequence[str] | None = None,
    group: str | None = None,
    job_type: str | None = None,
    id: str | None = None,  # noqa: A002 - W&B's name of it.
    resume: bool | str | None = None,
) -> Identity:
    """The identity of a new run: arguments win over the environment, ours over wandb's, a random one is the last."""

    def of(*variables: str) -> str:
        return next((environ[variable] for variable in variables if environ.get(variable)), "")

    run_id = _id(id or of("CHIPLOG_RUN_ID", "WANDB_RUN_ID")) or names.new_id()
    said = of("WANDB_TAGS").split(",") if tags is None else [tags] if isinstance(tags, str) else tags
    resumes = resume if resume is not None else of("WANDB_RESUME")
    return Identity(
        id=run_id,
        name=str(name or of("CHIPLOG_NAME", "WANDB_NAME") or names.readable(of("CHIPLOG_RUN") or run_id)),
        project=str(project or of("CHIPLOG_PROJECT", "WANDB_PROJECT") or "uncategorized"),
        entity=str(entity or of("WANDB_ENTITY")),
        group=str(group or of("CHIPLOG_GROUP", "WANDB_RUN_GROUP")),
        job_type=str(job_type or of("WANDB_JOB_TYPE")),
        notes=str(notes or of("WANDB_NOTES")),
        tags=tuple(str(tag).strip() for tag in said if str(tag).strip()),
        sweep_id=of("CHIPLOG_SWEEP", "WANDB_SWEEP_ID"),
        resume=resumes in (True, "allow", "must", "auto"),
        rank=_rank(of(*_RANKS)),
    )


def _id(text: str) -> str:
    """An id that can be a part of a file's name; empty for one that cannot."""
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in text)[:128].strip(".")
    if text and safe != text:
        notices.warn("id", f"init(id={notices.shown(text)}): recorded as {safe!r}, for it is a part of a file's name")
    return safe


def _rank(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
