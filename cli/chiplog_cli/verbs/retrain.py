"""`chiplog retrain`: an earlier run again, with stated changes; in a CronJob, tonight's run of the line."""

import time
from typing import TYPE_CHECKING, Any, TextIO

import click

from chiplog_cli import completing, exits, options
from chiplog_cli.session import Session

if TYPE_CHECKING:
    from chiplog_cli.cluster import Cluster

POLL_SECONDS = 3.0


@click.command("retrain")
@click.argument("run", required=False, shell_complete=completing.run)
@click.option("--latest", is_flag=True, help="From the newest run of --project that finished and whose gates held.")
@click.option("--project", metavar="NAME", help="The project that --latest looks at.")
@click.option("--template", "manifest", type=click.File(), metavar="FILE", help="From a TrainingRun's manifest.")
@click.option("--name", metavar="NAME", help="Name of the new run; made from the night, or from RUN and the time.")
@click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE",
              help="config.lr=0.1, env.DATE=…, image=…, or a field of the spec; repeatable.")  # fmt: skip
@click.option("--dataset", "datasets", multiple=True, metavar="NAME=URI[@DIGEST]", help="Tonight's data; repeatable.")
@click.option("--gate", "gates", multiple=True, metavar="JSON", help="A gate as in spec.gates, instead of RUN's.")
@click.option("--promote", type=click.Choice(["latest"]), help="Move the line's pointer if the gates hold.")
@click.option("--job", envvar="CHIPLOG_JOB", show_envvar=True, metavar="NAME", help="The CronJob's Job that this is.")
@click.option("--line", metavar="CRONJOB", help="With --date: the CronJob whose night it is; else that of --job.")
@click.option("--date", metavar="TIME", help="Back-fill the night of this time, as 2026-11-26T02:00Z.")
@click.option("--wait", is_flag=True, help="Wait for the end: exit code 1 if it failed or a gate did.")
@click.option("--timeout", type=float, default=86_400.0, show_default=True, metavar="SECONDS", help="Of --wait.")
@options.places(asks_cluster=True)
@click.pass_obj
@click.pass_context
def command(
    context: click.Context,
    session: Session,
    run: str | None,
    latest: bool,
    project: str | None,
    manifest: TextIO | None,
    name: str | None,
    changes: tuple[str, ...],
    datasets: tuple[str, ...],
    gates: tuple[str, ...],
    promote: str | None,
    job: str | None,
    line: str | None,
    date: str | None,
    wait: bool,
    timeout: float,
) -> None:
    """Make a TrainingRun as RUN is, with changes: a TrainingRun of the cluster, as name or namespace/name.

    \b
    chiplog retrain mnist --set config.lr=0.01
    chiplog retrain mnist --line nightly --date 2026-11-20T02:00Z
    chiplog retrain mnist --dataset digits=s3://data/2026-11-26@sha256:… --wait

    In the pod of a CronJob's Job that has CHIPLOG_JOB (its name, by the downward API) the run is the night of that
    line: a Job that is started again makes no second one. It runs with the rights of the ServiceAccount.
    """
    from chiplog_cli import retraining

    _require_one_source(run, manifest, line, date, latest=latest)
    cluster = session.connect()
    namespace, _, wanted = (run or "").rpartition("/")
    namespace = namespace or session.namespace or cluster.namespace
    told = retraining.template(manifest.read(), namespace) if manifest is not None else None
    source = told or _source(cluster, namespace, wanted, project)
    night = _night(cluster, namespace, job)
    if date is not None:
        night = _night_of(cluster, namespace, line or (night.line if night is not None else ""), date)
    fresh = retraining.name_by_hand(source["metadata"]["name"], session.clock())
    chosen = name or (retraining.name_of_night(night) if night is not None else fresh)
    made = retraining.run(source, chosen, changes, datasets, night, gates, promote,
                          is_manifest=told is not None)  # fmt: skip
    is_new = cluster.training_run(namespace, chosen) is None
    if is_new:
        cluster.create(namespace, made)
    click.echo(f"{namespace}/{chosen} {'is made' if is_new else 'is there already'}, from {source['metadata']['name']}")
    if wait and not _awaited(cluster, namespace, chosen, timeout):
        context.exit(exits.NO)


def _require_one_source(
    run: str | None, manifest: TextIO | None, line: str | None, date: str | None, *, latest: bool
) -> None:
    """Refuse options that contradict each other, or say too little. Raises SettingsError."""
    from chiplog.errors import SettingsError

    if line is not None and date is None:
        raise SettingsError("--line names the CronJob of a night: say which with --date, as 2026-11-26T02:00Z")
    if [run is not None, latest, manifest is not None].count(True) != 1:
        raise SettingsError("name the run to do again, or say --latest --project NAME, or --template FILE")


def _source(cluster: "Cluster", namespace: str, name: str, project: str | None) -> Any:
    from chiplog.errors import RunNotFound
    from chiplog_cli import retraining

    if name:
        found: Any = cluster.training_run(namespace, name)
    else:
        runs = cluster.training_runs(namespace)
        found = retraining.newest(item for item in runs if project in (None, item["spec"].get("project")))
    if found is None:
        what = f"TrainingRun {name}" if name else f"TrainingRun that finished well{f' in {project}' if project else ''}"
        raise RunNotFound(f"there is no {what} in namespace {namespace}")
    return found


def _night(cluster: "Cluster", namespace: str, name: str | None) -> Any:
    """The night of the Job whose pod we are; None outside of a CronJob."""
    from chiplog_cli import retraining

    job = cluster.job(namespace, name) if name else None
    return retraining.night(job) if job is not None else None


def _night_of(cluster: "Cluster", namespace: str, line: str, date: str) -> Any:
    """A night that is made by hand, for a time of its CronJob."""
    from chiplog.errors import RunNotFound, SettingsError
    from chiplog_cli import retraining

    if not line:
        raise SettingsError("--date needs --line CRONJOB, whose night it is")
    found = cluster.cronjob(namespace, line)
    if found is None:
        raise RunNotFound(f"there is no CronJob {line} in namespace {namespace}")
    return retraining.night_of(found, date)


def _awaited(cluster: "Cluster", namespace: str, name: str, timeout: float) -> bool:
    """Wait for the end of a run, and say how it did."""
    from chiplog.errors import ClusterUnreachable
    from chiplog_cli import retraining

    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            body = cluster.training_run(namespace, name)
        except ClusterUnreachable as error:
            click.echo(f"asked again: {error}", err=True)
            body = {}
        if body is None:
            click.echo(f"{name} was deleted", err=True)
            return False
        found = retraining.verdict(body)
        if found is not None:
            click.echo(f"{name}: {found[1]}")
            return found[0]
        time.sleep(POLL_SECONDS)
    click.echo(f"{name} goes on after {timeout:g} s", err=True)
    return False
