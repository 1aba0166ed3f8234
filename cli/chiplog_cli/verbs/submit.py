"""`chiplog submit`: a TrainingRun in the cluster."""

from pathlib import Path

import click

from chiplog_cli import options
from chiplog_cli.session import Session


@click.command("submit", context_settings={"allow_interspersed_args": False})
@click.argument("words", nargs=-1, metavar="[-- COMMAND...]", type=click.UNPROCESSED)
@click.option(
    "-f",
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A TrainingRun as YAML; the options are laid over it.",
)
@click.option("--image", default="", metavar="IMAGE", help="What to train in.")
@click.option("--name", default="", metavar="NAME", help="Its name; by default the script's, with six random digits.")
@click.option("--project", default="", metavar="NAME", help="What it is listed under.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; repeatable.")
@click.option("--notes", default="", metavar="TEXT", help="What it is for.")
@click.option("--config", "config", multiple=True, metavar="K=V", help="A hyperparameter; dots nest; repeatable.")
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="A variable of the container; repeatable.")
@click.option("--gpus", type=click.IntRange(min=0), default=0, metavar="N", help="GPUs (nvidia.com/gpu).")
@click.option("--cpu", default="", metavar="N", help="CPUs to request.")
@click.option("--memory", default="", metavar="SIZE", help="Memory to request, such as 16Gi.")
@click.option("--dry-run", is_flag=True, help="Print the TrainingRun and start nothing.")
@options.places(asks_cluster=True)
@click.pass_obj
def command(
    session: Session,
    words: tuple[str, ...],
    file: Path | None,
    image: str,
    name: str,
    project: str,
    tags: tuple[str, ...],
    notes: str,
    config: tuple[str, ...],
    env: tuple[str, ...],
    gpus: int,
    cpu: str,
    memory: str,
    dry_run: bool,
) -> None:
    """Start a TrainingRun in the cluster of the current Kubernetes context, in -n NAMESPACE or the context's own.

    \b
    chiplog submit -f run.yaml --tag nightly
    chiplog submit --image registry.example.com/train:1 --gpus 1 --config lr=0.1 -- python3 train.py
    chiplog submit --image registry.example.com/train:1 --dry-run -- python3 train.py > run.yaml

    It prints the namespace and the name. `chiplog watch NAME` follows it.
    """
    from chiplog_cli import submitting

    requests = {key: value for key, value in {"cpu": cpu, "memory": memory}.items() if value}
    wish = submitting.Wish(image, words, name, project, tags, notes, config, env, gpus, requests)
    run = submitting.from_file(file, wish) if file else submitting.from_options(wish)
    if dry_run:
        click.echo(submitting.text(run), nl=False)
        return
    cluster = session.connect()
    namespace = session.namespace or run["metadata"].get("namespace") or cluster.namespace
    made = cluster.create(namespace, run)
    click.echo(f"{namespace}/{made['metadata']['name']}")
