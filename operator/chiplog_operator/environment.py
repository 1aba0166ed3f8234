"""The variables of the training containers and of the sidecar, as Kubernetes takes them; it sees no pod."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chiplog import rundir
from chiplog_operator import names
from chiplog_operator.settings import Settings
from chiplog_operator.specs import Recorder, Run

Variable = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """What an injected pod is told of the run that it belongs to."""

    namespace: str
    run_id: str
    """Empty where nobody knows it yet: the operator then binds the recorder to its run."""
    project: str
    """Empty where nobody named one: the script's own word then holds."""
    recorder: Recorder = field(default_factory=Recorder)
    metadata: dict[str, str] = field(default_factory=dict)
    """`name`, `group`, `tags`, `notes`: what the script's tracker would otherwise make up."""
    containers: tuple[str, ...] = ()
    """The containers that train, where they are known; else the template says."""


def subject(run: Run) -> Subject:
    """The subject that a TrainingRun's pods are told of."""
    named = {
        "name": run.display_name or run.name,
        "group": run.id if run.parallelism > 1 else "",
        "tags": ",".join(run.tags),
        "notes": run.notes,
    }
    metadata = {key: value for key, value in named.items() if value}
    return Subject(run.namespace, run.id, run.project, run.recorder, metadata)


def training(subject: Subject, container: str, present: Iterable[str], skipped: Iterable[str]) -> list[Variable]:
    """What a training container is given beyond the variables it has (`present`) and those it opted out of.

    Kubernetes expands `$(CHIPLOG_POD)` only where that variable stands before, so it comes first.
    """
    writer = f"$(CHIPLOG_POD)-{container}"
    escaped = {key: escape(value) for key, value in subject.metadata.items()}
    console = subject.recorder.console
    given = rundir.training_environment(subject.run_id, escape(subject.project), writer, escaped, console=console)
    variables = [_from_field("CHIPLOG_POD", "metadata.name"), *(_value(name, given[name]) for name in given)]
    unwanted = {*present, *skipped}
    return [variable for variable in variables if variable["name"] not in unwanted]


def sidecar(subject: Subject, containers: Iterable[str], settings: Settings) -> list[Variable]:
    """What the recorder is told; nothing here is secret."""
    return [
        _value("CHIPLOG_BUCKET", settings.bucket),
        _value("CHIPLOG_CLUSTER", settings.cluster),
        _from_field("CHIPLOG_NAMESPACE", "metadata.namespace"),
        _from_field("CHIPLOG_RECORDER", "metadata.uid"),
        _from_field("CHIPLOG_POD", "metadata.name"),
        _from_field("CHIPLOG_NODE", "spec.nodeName"),
        *_known("CHIPLOG_RUN", subject.run_id),
        *_known("CHIPLOG_PROJECT", escape(subject.project)),
        _value("CHIPLOG_CONTAINERS", ",".join(containers)),
        _value("CHIPLOG_DIR", rundir.MOUNT),
        _value("CHIPLOG_STATUS_PORT", str(names.STATUS_PORT)),
        *_globs("CHIPLOG_INCLUDE", subject.recorder.include),
        *_globs("CHIPLOG_EXCLUDE", subject.recorder.exclude),
        *_store(settings),
        *_identity(subject, settings),
    ]


def escape(text: str) -> str:
    """`text` as Kubernetes leaves it alone: in a value it reads `$$` as `$` and `$(NAME)` as a reference."""
    return text.replace("$", "$$")


def _store(settings: Settings) -> list[Variable]:
    places = {
        "AWS_REGION": settings.region,
        "AWS_ENDPOINT_URL_S3": settings.s3_endpoint,
        "AWS_ENDPOINT_URL_STS": settings.sts_endpoint,
    }
    return [_value(name, value) for name, value in places.items() if value]


def _identity(subject: Subject, settings: Settings) -> list[Variable]:
    if settings.credentials != "web-identity":
        return []
    return [
        _value("AWS_ROLE_ARN", names.role_arn(settings.sidecar_role_arn, subject.namespace)),
        _value("AWS_WEB_IDENTITY_TOKEN_FILE", f"{names.TOKEN_DIRECTORY}/{names.TOKEN_FILE}"),
        _value("AWS_EC2_METADATA_DISABLED", "true"),
    ]


def _globs(name: str, globs: tuple[str, ...]) -> list[Variable]:
    return [_value(name, escape(",".join(globs)))] if globs else []


def _known(name: str, value: str) -> list[Variable]:
    return [_value(name, value)] if value else []


def _value(name: str, value: str) -> Variable:
    return {"name": name, "value": value}


def _from_field(name: str, path: str) -> Variable:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
