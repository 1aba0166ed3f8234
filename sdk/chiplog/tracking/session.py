"""`chiplog.init()`, `chiplog.log()` and the others that mean the run of this process. It holds the one current run."""

import functools
import os
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from chiplog.errors import ChiplogError
from chiplog.tracking import config as configs
from chiplog.tracking import identity, notices, ownfile, places
from chiplog.tracking import settings as ways
from chiplog.tracking.artifact import Artifact
from chiplog.tracking.config import Config
from chiplog.tracking.disabled import DisabledRun
from chiplog.tracking.journal import File
from chiplog.tracking.metrics import Rule
from chiplog.tracking.places import Place
from chiplog.tracking.run import Run
from chiplog.tracking.settings import Settings
from chiplog.tracking.summary import Summary


class NoRunError(ChiplogError):
    """`init` was not called."""


class _Session:
    """What this process records."""

    run: Run | None = None
    alive: ClassVar[weakref.WeakSet[Run]] = weakref.WeakSet()
    """Every run that is not finished, for those who fork and those who end."""
    is_ready = False
    """Ends and forks are watched."""


def init(
    project: str | None = None,
    name: str | None = None,
    config: Any = None,
    tags: Sequence[str] | None = None,
    notes: str | None = None,
    group: str | None = None,
    job_type: str | None = None,
    id: str | None = None,  # noqa: A002 - W&B's name of it.
    resume: bool | str | None = None,
    mode: Literal["online", "offline", "local", "shared", "dryrun", "disabled"] | None = None,
    dir: str | Path | None = None,  # noqa: A002
    entity: str | None = None,
    reinit: bool | str | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
    format: Literal["chiplog", "wandb"] | None = None,  # noqa: A002
    config_include_keys: Sequence[str] | None = None,
    config_exclude_keys: Sequence[str] | None = None,
    allow_val_change: bool | None = None,
    **ignored: Any,
) -> Run:
    """Begin a run, and make it the one of `chiplog.log`. Where one is going on, that one is returned.

    Arguments win over the environment. In a pod the operator's variables say project, name, group and tags.

    Args:
        project: what it is listed under.
        name: shown; a readable one is made of its id without it.
        config: hyperparameters: a mapping, an argparse namespace, or the path of a JSON or YAML file.
        tags: short words to find it by.
        notes: what it is about.
        group: what it belongs to, such as a cross-validation.
        job_type: `train`, `eval`, …
        id: its id, by which another process can go on with it.
        resume: `allow`, `must` or True: go on with the run of this id, at the step behind its last one.
        mode: `disabled` records nothing; all others record.
        dir: where its files go outside of a cluster: `<dir>/chiplog`. The current directory without it.
        entity: recorded as it is.
        reinit: `create_new`: beside the run that is going on; `finish_previous` or True: after it.
        settings: a `chiplog.Settings`, or its fields (or wandb's) by name.
        format: `chiplog`, or `wandb` for wandb's own log file.
        config_include_keys: of `config`, only these.
        config_exclude_keys: of `config`, all but these.
        allow_val_change: whether `config` may change what is there.
        ignored: what wandb knows besides; a notice names it.

    Raises ValueError for a mode or format that is none, and ConfigError for a config that cannot be read.
    """
    add_config = functools.partial(
        _add_config, config=config, include=config_include_keys, exclude=config_exclude_keys, allow=allow_val_change
    )
    going = _going_on(reinit)
    if going is not None:
        add_config(going)
        return going
    _say_ignored(ignored)
    who = {"project": project, "name": name, "tags": tags, "notes": notes, "group": group, "job_type": job_type,
           "id": id, "resume": resume, "entity": entity}  # fmt: skip
    run = _new_run(_settings(settings, mode, format), dir, **who)
    add_config(run)
    _Session.run = run
    if not isinstance(run, DisabledRun):
        _begin(run)
    return run


def _going_on(reinit: bool | str | None) -> Run | None:
    """The run that `init` means where one is going on; it is ended where another shall follow it."""
    going = _Session.run
    if going is None or going.is_finished or reinit == "create_new":
        return None
    if reinit in (None, False, "default", "return_previous"):
        return going
    going.finish()
    return None


def _say_ignored(options: Mapping[str, Any]) -> None:
    """A notice for each option of which nobody has heard."""
    for option, value in options.items():
        if value not in (None, False) and option not in ways.IGNORED_OPTIONS:
            notices.warn(f"init {option}", f"init: {option}={notices.shown(value)} means nothing here, ignored")


def log(data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None) -> None:
    """Record values of metrics in the current run; see `Run.log`. Raises NoRunError before `init`."""
    (_Session.run or _needed("log")).log(data, step, commit, sync)


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """End the current run; nothing without one."""
    if _Session.run is not None:
        _Session.run.finish(exit_code, quiet)
        _Session.alive.discard(_Session.run)
        _Session.run = None


def define_metric(name: str, *args: Any, **named: Any) -> Rule:
    """See `Run.define_metric`. Raises NoRunError before `init`."""
    return (_Session.run or _needed("define_metric")).define_metric(name, *args, **named)


def save(glob_str: str | Path, base_path: str | Path | None = None, policy: Any = "live") -> list[str]:
    """See `Run.save`. Raises NoRunError before `init`."""
    return (_Session.run or _needed("save")).save(glob_str, base_path, policy)


def alert(title: str, text: str = "", level: Any = None, wait_duration: Any = 0) -> None:
    """See `Run.alert`. Raises NoRunError before `init`."""
    (_Session.run or _needed("alert")).alert(title, text, level, wait_duration)


def use_dataset(name: str, uri: str | Path | None = None, digest: str | None = None) -> None:
    """See `Run.use_dataset`. Raises NoRunError before `init`."""
    (_Session.run or _needed("use_dataset")).use_dataset(name, uri, digest)


def log_artifact(artifact_or_path: Any, name: str | None = None, type: str | None = None, **named: Any) -> Artifact:  # noqa: A002
    """See `Run.log_artifact`. Raises NoRunError before `init`."""
    return (_Session.run or _needed("log_artifact")).log_artifact(artifact_or_path, name, type, **named)


def log_model(path: str | Path, name: str | None = None, aliases: Sequence[str] | None = None) -> Artifact:
    """See `Run.log_model`. Raises NoRunError before `init`."""
    return (_Session.run or _needed("log_model")).log_model(path, name, aliases)


def mark_preempting() -> None:
    """See `Run.mark_preempting`. Raises NoRunError before `init`."""
    (_Session.run or _needed("mark_preempting")).mark_preempting()


def current() -> Run | None:
    """`chiplog.run`: the current run, None without one."""
    return _Session.run


def config() -> Config:
    """`chiplog.config`: of the current run. Raises NoRunError before `init`."""
    return (_Session.run or _needed("config")).config


def summary() -> Summary:
    """`chiplog.summary`: of the current run. Raises NoRunError before `init`."""
    return (_Session.run or _needed("summary")).summary


def _needed(call: str) -> Run:
    raise NoRunError(f"chiplog.init() must be called before chiplog.{call}")


def _settings(options: Any, mode: str | None, form: str | None) -> Settings:
    if form not in (None, "chiplog", "wandb"):
        raise ValueError(f"chiplog.init: format={form!r} is neither 'chiplog' nor 'wandb'")
    told = ways.with_options(ways.from_env(ways.environment()), {"format": form} if form else None)
    told = ways.with_mode(ways.with_options(told, options), mode)
    off = not told.is_disabled and not ways.environment().get("CHIPLOG_DIR") and places.is_off(_working())
    return ways.with_mode(told, "disabled") if off else told


def _working() -> Path:
    try:
        return Path.cwd()
    except OSError:
        return Path("/")  # The current directory was deleted.


def _new_run(settings: Settings, told_dir: str | Path | None, **who: Any) -> Run:
    environ = ways.environment()
    identified = identity.decide(environ, **who)
    place = places.decide(environ, told_dir, _working(), is_wandb=settings.format == "wandb")
    if settings.is_disabled:
        return DisabledRun(identified, place, settings, _refuse)
    if settings.recorder and settings.format == "chiplog" and not place.is_recorded and told_dir is None:
        from chiplog.tracking import companion

        place = companion.begin(environ, identified, _working()) or place
    run = Run(identified, place, settings, lambda name: _file(place, settings, name), _start(place, identified))
    _choose(run, environ)
    return run


def _file(place: Place, settings: Settings, name: str) -> File:
    if settings.format == "wandb":
        from chiplog.tracking import wandbfile

        return wandbfile.create(place.directory, name)
    return ownfile.create(place.directory, name)


def _start(place: Place, who: identity.Identity) -> int:
    """The first step: behind the last one of the run that is resumed, as far as its files are here."""
    if not who.resume:
        return 0
    from chiplog.tracking import resuming

    return resuming.next_step(place.directory, who.id)


def _choose(run: Run, environ: Mapping[str, str]) -> None:
    """What a sweep has chosen for this run."""
    path = environ.get("CHIPLOG_SWEEP_PARAM_PATH") or environ.get("WANDB_SWEEP_PARAM_PATH")
    if path:
        try:
            run.config.lock(configs.mapping(path))
        except configs.ConfigError as error:
            notices.warn("sweep", f"the sweep's parameters are not used: {error}")


def _add_config(
    run: Run, config: Any, include: Sequence[str] | None, exclude: Sequence[str] | None, allow: bool | None
) -> None:
    told = configs.mapping(config)
    kept = {key: value for key, value in told.items() if (not include or key in include) and key not in (exclude or ())}
    if kept:
        run.config.update(kept, allow_val_change=allow)


def _begin(run: Run) -> None:
    """Open the run's file, and begin what is recorded beside the script's words."""
    from chiplog.tracking import beginning

    run.journal.opened()
    _Session.alive.add(run)
    if not _Session.is_ready:
        _Session.is_ready = True
        os.register_at_fork(after_in_child=_forked)
        beginning.watch_the_end(_end_all)
    beginning.start(run, ways.environment(), _working())


def _forked() -> None:
    for run in list(_Session.alive):
        run.forked()


def _end_all(exit_code: int) -> None:
    """The process ends: what is not finished ends with its exit code."""
    for run in list(_Session.alive):
        if not run.parent or run.journal.file is not None:
            run.finish(run.exit_code if run.exit_code is not None else exit_code)


def _refuse(_: str) -> File:
    raise FileNotFoundError("the run is disabled")
