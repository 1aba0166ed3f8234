"""How the workers of a gang find each other: torchrun's variables and a headless Service; it talks to no one.

The pod of rank 0 is the meeting point, by its stable name below the Service. The variables are those that Kubeflow's
Trainer sets, so `torchrun train.py` needs no arguments; a value that the container sets itself stays.
"""

from collections.abc import Iterable
from typing import Any

from chiplog_operator import injection, names
from chiplog_operator.specs import Run

Json = dict[str, Any]

PORT = 29400
"""Where rank 0 listens; torchrun's own default."""

_RANK = f"metadata.annotations['{names.COMPLETION_INDEX}']"
_GPU = "/gpu"
"""How the names of GPU resources end: nvidia.com/gpu, amd.com/gpu."""


def is_gang(run: Run) -> bool:
    """Several workers run together."""
    return run.parallelism > 1


def equip(pod: Json, run: Run) -> Json:
    """The pod template, changed in place, with what the training container of a gang needs to find the others."""
    if not is_gang(run):
        return pod
    pod["spec"].setdefault("subdomain", run.id)
    for container in pod["spec"]["containers"]:
        if container["name"] == run.training_container:
            unwanted = {*(variable["name"] for variable in container.setdefault("env", [])), *injection.skipped(pod)}
            wanted = variables(run, pod["spec"]["subdomain"], container)
            container["env"] += [item for item in wanted if item["name"] not in unwanted]
    return pod


def service(run: Run, labels: Json, owner: Json) -> Json | None:
    """The headless Service of a gang; None where there is none to make, for the template brings its own subdomain.

    A rank is found before it is ready, for it becomes ready only by finding the others.
    """
    if not is_gang(run) or run.template["spec"].get("subdomain"):
        return None
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": run.id, "namespace": run.namespace, "labels": labels, "ownerReferences": [owner]},
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": {names.JOB_NAME_LABEL: run.id},
        },
    }


def variables(run: Run, subdomain: str, container: Json) -> list[Json]:
    """What torchrun reads (PET_*), and what torch.distributed reads where one process per pod does without torchrun."""
    meeting, workers = f"{run.id}-0.{subdomain}", str(run.parallelism)
    return [
        *_values({"PET_NNODES": workers, "PET_NPROC_PER_NODE": str(_processes(container))}),
        _rank("PET_NODE_RANK"),
        *_values({"PET_MASTER_ADDR": meeting, "PET_MASTER_PORT": str(PORT)}),
        *_values({"PET_RDZV_ID": run.id, "PET_RDZV_ENDPOINT": f"{meeting}:{PORT}"}),
        *_values({"MASTER_ADDR": meeting, "MASTER_PORT": str(PORT), "WORLD_SIZE": workers}),
        _rank("RANK"),
        _rank("NODE_RANK"),
    ]


def _processes(container: Json) -> int:
    """One process for each GPU that the container asks for, else one."""
    limits = (container.get("resources") or {}).get("limits") or {}
    counts = [int(value) for name, value in limits.items() if name.endswith(_GPU) and str(value).isdecimal()]
    return max(sum(counts), 1)


def _values(pairs: dict[str, str]) -> Iterable[Json]:
    return ({"name": name, "value": value} for name, value in pairs.items())


def _rank(name: str) -> Json:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": _RANK}}}
