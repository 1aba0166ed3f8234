"""Builds our images from their Dockerfiles and brings them to a node; it must not know what is inside them."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

from chiplog_cluster import baseimage, buildah, files, ocilayout, recipes, registry, staging
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.node import Node
from chiplog_cluster.progress import Progress
from chiplog_cluster.recipes import Recipe


def ensure(node: Node, progress: Progress) -> None:
    """Build what changed and import what the node lacks."""
    with _alone(node.checkout, progress):
        for recipe, digest in _build(node.checkout, progress).items():
            _import(node, recipe, digest, progress)


def build(checkout: Checkout, progress: Progress) -> None:
    """Build what changed, for a node that comes up later or for another builder that takes the staged contexts."""
    with _alone(checkout, progress):
        _build(checkout, progress)


def _alone(checkout: Checkout, progress: Progress) -> AbstractContextManager[None]:
    waiting = "waiting for another build of the images"
    return files.lock(checkout.build / "lock", when_waiting=lambda: progress.say(waiting))


def _build(checkout: Checkout, progress: Progress) -> dict[Recipe, str]:
    """Build what changed; returns the digest of each image's inputs."""
    baseimage.ensure(checkout, progress)
    digests = {recipe: staging.stage(checkout, recipe, baseimage.PYTHON, progress) for recipe in recipes.ALL}
    changed = [recipe for recipe, digest in digests.items() if files.read(_stamp(checkout, recipe)) != digest]
    if changed:
        _build_all(checkout, changed, progress)
    for recipe, digest in digests.items():
        files.write(_stamp(checkout, recipe), digest)
    return digests


def _stamp(checkout: Checkout, recipe: Recipe) -> Path:
    return recipe.context(checkout).with_suffix(".built")


def _build_all(checkout: Checkout, wanted: list[Recipe], progress: Progress) -> None:
    """Build at the same time, for most of it is waiting for the disk; the exports share one index and take turns."""
    names = ", ".join(recipe.name for recipe in wanted)
    with progress.step(f"building images: {names}"), ThreadPoolExecutor() as pool:
        for _ in pool.map(lambda recipe: _run_dockerfile(checkout, recipe), wanted):
            pass
        for recipe in wanted:
            buildah.export(checkout, recipe.reference, ocilayout.folder(checkout), recipe.name)
    ocilayout.prune(ocilayout.folder(checkout))
    buildah.run(checkout, "rmi", "--prune")


def _run_dockerfile(checkout: Checkout, recipe: Recipe) -> None:
    options = [
        "--quiet",
        "--layers",
        "--isolation=chroot",
        "--pull-never",
        f"--build-arg=PYTHON_IMAGE={baseimage.REFERENCE}",
    ]
    named = [f"--tag={recipe.reference}", f"--file={recipe.dockerfile(checkout)}"]
    buildah.run(checkout, "build", *options, *named, recipe.context(checkout))


def _import(node: Node, recipe: Recipe, digest: str, progress: Progress) -> None:
    stamp = node.state / "images" / f"{recipe.name}.imported"
    if files.read(stamp) == digest and recipe.reference in registry.references(node):
        return
    with progress.step(f"importing the {recipe.name} image"):
        archive: Path = node.state / "image.tar"
        ocilayout.write_archive(
            ocilayout.folder(node.checkout), recipe.name, recipe.reference, registry.blobs(node), archive
        )
        registry.load(node, archive)
        archive.unlink()
    files.write(stamp, digest)
