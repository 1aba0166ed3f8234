"""The verbs of the embedded cluster and their arguments; it must not hold any step's logic."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from chiplog_cluster import (
    debian,
    demo,
    envfile,
    images,
    lifecycle,
    machine,
    overview,
    page,
    pythonenv,
    release,
    setup,
    slots,
    storage,
    testing,
)
from chiplog_cluster.checkout import PURPOSES, Checkout
from chiplog_cluster.errors import ClusterError, MachineUnfitError
from chiplog_cluster.node import Node
from chiplog_cluster.progress import Progress

Verb = Callable[[Checkout, argparse.Namespace, Progress], int]


def main(words: Sequence[str]) -> int:
    """Run one verb: 0 when it did what it says, 1 when it did not, 2 when this machine or the usage forbids it."""
    given = _parser().parse_args(words)
    checkout = Checkout.from_env(os.environ)
    verb: Verb = given.verb
    try:
        return verb(checkout, given, Progress(checkout.cache))
    except ClusterError as error:
        print(f"chiplog: {error}", file=sys.stderr)
        return 2 if isinstance(error, MachineUnfitError) else 1
    except KeyboardInterrupt:
        return 130


def _check(checkout: Checkout, _given: argparse.Namespace, progress: Progress) -> int:
    machine.require(machine.observe(checkout, built=setup.is_built(checkout)))
    progress.say("this machine can run the embedded cluster")
    return 0


def _setup(checkout: Checkout, _given: argparse.Namespace, progress: Progress) -> int:
    setup.ensure(checkout, progress)
    return 0


def _up(checkout: Checkout, given: argparse.Namespace, progress: Progress) -> int:
    lifecycle.up(checkout, given.purpose, progress)
    return 0


def _down(checkout: Checkout, given: argparse.Namespace, progress: Progress) -> int:
    for purpose in PURPOSES if given.all else (given.purpose,):
        lifecycle.down(checkout, purpose, progress, wipe=given.wipe)
    return 0


def _images(checkout: Checkout, given: argparse.Namespace, progress: Progress) -> int:
    setup.ensure_environment(checkout, progress)
    page.ensure(checkout, progress)
    node = slots.existing_node(checkout, given.purpose)
    if node and lifecycle.is_up(node):
        images.ensure(node, progress)
    else:
        images.build(checkout, progress)
        progress.say(f"the {given.purpose} node is down: it gets the images when it comes up")
    return 0


def _s3(checkout: Checkout, given: argparse.Namespace, progress: Progress) -> int:
    with progress.step(f"setting up bucket and roles for {', '.join(given.namespace or ['default'])}"):
        storage.ensure(checkout, given.purpose, given.namespace or ["default"])
    return 0


def _env(checkout: Checkout, given: argparse.Namespace, _progress: Progress) -> int:
    node = slots.existing_node(checkout, given.purpose)
    if node is None or not node.env_file.exists():
        raise ClusterError(f"the {given.purpose} node is not up")
    print(node.env_file.read_text(), end="")
    return 0


def _status(checkout: Checkout, _given: argparse.Namespace, progress: Progress) -> int:
    for line in overview.lines(checkout):
        progress.say(line)
    return 0


def _ready(checkout: Checkout, purpose: str, progress: Progress) -> Node:
    """A node with everything on it: built, started, its bucket, our images and our chart."""
    machine.require(machine.observe(checkout, built=setup.is_built(checkout)))
    setup.ensure(checkout, progress)
    node = lifecycle.up(checkout, purpose, progress)
    images.ensure(node, progress)
    with progress.step("setting up the bucket and its roles"):
        storage.ensure(checkout, purpose, ["default"])
    release.ensure(node, progress)
    return node


def _cluster(checkout: Checkout, _given: argparse.Namespace, progress: Progress) -> int:
    node = _ready(checkout, "demo", progress)
    progress.say(f"ready; use it with: . {node.env_file}")
    return 0


def _demo(checkout: Checkout, _given: argparse.Namespace, progress: Progress) -> int:
    demo.run(_ready(checkout, "demo", progress), progress)
    return 0


def _lint(checkout: Checkout, _given: argparse.Namespace, progress: Progress) -> int:
    """Needs neither root nor Debian: whoever changes the code checks it where they are."""
    pythonenv.ensure(checkout, progress)
    return testing.summarise(testing.check(checkout))


def _test(checkout: Checkout, _given: argparse.Namespace, progress: Progress) -> int:
    """The checks and the page first: they fail in a minute."""
    machine.require(machine.observe(checkout, built=setup.is_built(checkout)))
    setup.ensure(checkout, progress)
    debian.install_for_tests(progress)
    results = testing.check(checkout)
    results.append(testing.page(checkout, progress))
    lifecycle.down(checkout, "test", progress, wipe=True)
    try:
        node = _ready(checkout, "test", progress)
        for turn in testing.TURNS:
            results += testing.suites(checkout, turn, envfile.environ(node))
    finally:
        lifecycle.down(checkout, "test", progress, wipe=True)
    return testing.summarise(results)


def _bench(checkout: Checkout, given: argparse.Namespace, progress: Progress) -> int:
    """On the demo's node: figures are of the whole, so everything that takes part runs."""
    node = _ready(checkout, "demo", progress)
    return testing.bench(checkout, given.only, envfile.environ(node))


def _page(checkout: Checkout, _given: argparse.Namespace, progress: Progress) -> int:
    """Needs neither root nor Debian."""
    pythonenv.ensure(checkout, progress)
    page.ensure(checkout, progress)
    return 0


def _soak(checkout: Checkout, given: argparse.Namespace, progress: Progress) -> int:
    """Needs no node: the store is a simulated one."""
    pythonenv.ensure(checkout, progress)
    env = testing.environment(checkout, os.environ)
    return testing.soak(checkout, given.minutes, env)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chiplog_cluster", description="The embedded Kubernetes and S3 of this checkout."
    )
    verbs = parser.add_subparsers(required=True, metavar="verb")
    _add(verbs, "check", _check, "say whether this machine can run the cluster")
    _add(verbs, "setup", _setup, "install Debian packages, build the tools, make the Python environment")
    _add(verbs, "up", _up, "start a node", purpose=True)
    down = _add(verbs, "down", _down, "stop a node", purpose=True)
    down.add_argument("--all", action="store_true", help="every node of this checkout")
    down.add_argument("--wipe", action="store_true", help="delete what it stored, too")
    _add(verbs, "images", _images, "build our images and bring them to a node", purpose=True)
    s3 = _add(verbs, "s3", _s3, "create the bucket and the roles in a node's S3", purpose=True)
    s3.add_argument("--namespace", action="append", help="a namespace whose sidecars may write (default: default)")
    _add(verbs, "cluster", _cluster, "start the demo's node with everything on it")
    _add(verbs, "demo", _demo, "run the example on the demo's node and show what came of it")
    _add(verbs, "page", _page, "build the dashboard's page")
    _add(verbs, "lint", _lint, "check format, style, types and imports")
    _add(verbs, "test", _test, "run every check and every test on a node of their own")
    bench = _add(verbs, "bench", _bench, "measure the targets, beside the tools of others")
    bench.add_argument("--only", default="", help="targets by number, divided by commas (default: all)")
    soak = _add(verbs, "soak", _soak, "play new seeds of the simulation")
    soak.add_argument("--minutes", type=float, default=10.0, help="for how long (default: 10)")
    _add(verbs, "env", _env, "print the shell variables of a node", purpose=True)
    _add(verbs, "status", _status, "say which nodes of this checkout are up")
    return parser


def _add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    verb: Verb,
    summary: str,
    purpose: bool = False,
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=summary, description=summary)
    parser.set_defaults(verb=verb)
    if purpose:
        parser.add_argument("--purpose", choices=PURPOSES, default="demo")
    return parser
