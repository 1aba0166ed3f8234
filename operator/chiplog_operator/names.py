"""Every name, label and annotation that the operator makes; nothing else spells one."""

import re

GROUP = "chiplog.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "TrainingRun"
PLURAL = "trainingruns"

CONTROLLER = f"{GROUP}/operator"
"""Our name in `spec.managedBy`, and the reporter of our Events."""

FIELD_MANAGER = "chiplog-operator"
"""Our one name in `managedFields`."""

SWEEP_KIND = "Sweep"
SWEEP_PLURAL = "sweeps"
SWEEP_LABEL = f"{GROUP}/sweep"
TRIAL_LABEL = f"{GROUP}/trial"
"""A trial's index."""

SWEEP_ID_ANNOTATION = f"{GROUP}/sweep-id"
SWEEP_CONFIG_ANNOTATION = f"{GROUP}/sweep-config"
"""On a trial's pod: its parameters as W&B's parameter file."""

SWEEP_ARGS_ANNOTATION = f"{GROUP}/sweep-args"
"""On a trial and its pod: its parameters as JSON."""

SWEEP_TRIAL_ANNOTATION = f"{GROUP}/sweep-trial"
"""On a trial: what its run.json says of the search, as JSON."""

LINE_LABEL = f"{GROUP}/line"
"""The CronJob whose night a run is."""

LINE_UID_ANNOTATION = f"{GROUP}/line-uid"
SCHEDULED_ANNOTATION = f"{GROUP}/scheduled-at"
"""The time for which its night was scheduled, in UTC."""

SOURCE_ANNOTATION = f"{GROUP}/retrained-from"
"""Id of the run that this one does again."""

NOTIFY_ANNOTATION = f"{GROUP}/notify"
"""On a CronJob or a pod: what people are told, comma-separated."""

NOTIFY_CHANNEL_ANNOTATION = f"{GROUP}/notify-channel"
RUN_LABEL = f"{GROUP}/run"
INJECT_LABEL = f"{GROUP}/inject"
"""`true` on a pod or a namespace asks for the recorder, `false` on a pod declines what its namespace asks for."""
RECORDED = f"{INJECT_LABEL}=true"
"""Selects the pods that are, or should be, recorded: our own and everyone else's."""

PROJECT_LABEL = f"{GROUP}/project"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "chiplog"

RUN_ID_ANNOTATION = f"{GROUP}/run-id"
CREATED_BY_ANNOTATION = f"{GROUP}/created-by"
SKIP_ENV_ANNOTATION = f"{GROUP}/skip-env"
"""Comma-separated variables that the injector must not set in the training containers."""

CONTAINER_ANNOTATION = f"{GROUP}/container"
"""The containers of a pod that train: names, comma-separated, or `*` for all."""

SUSPEND_ANNOTATION = f"{GROUP}/suspend"
"""On a Job: the value of the TrainingRun's `suspend` that we applied last, so that only a change of it is applied;
`held` where the Job was suspended by somebody else before."""

STOP_ANNOTATION = f"{GROUP}/stop"
"""On a Job: it was told to end for good, and why."""

DEFAULT_CONTAINER_ANNOTATION = "kubectl.kubernetes.io/default-container"
COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index"
JOB_UID_LABEL = "batch.kubernetes.io/controller-uid"
JOB_NAME_LABEL = "batch.kubernetes.io/job-name"
JOBSET_NAME_LABEL = "jobset.sigs.k8s.io/jobset-name"
KUEUE_PREFIX = "kueue.x-k8s.io/"
QUEUE_LABEL = f"{KUEUE_PREFIX}queue-name"

SIDECAR = "chiplog"
TOKEN_VOLUME = "chiplog-token"  # noqa: S105  (a volume's name)
TOKEN_DIRECTORY = "/var/run/secrets/chiplog.dev/bucket"  # noqa: S105  (a directory)
TOKEN_FILE = "token"  # noqa: S105  (a file's name)
STATUS_PORT = 9754
"""Where a recorder tells its state."""

LEASE_KIND = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}

SYSTEM_NAMESPACE = "kube-system"
"""The namespace whose UID identifies a cluster."""

RUN_NAME_LENGTH = 48
"""The longest name of a TrainingRun, by the CRD."""

_NOT_IN_NAMES = re.compile(r"[^a-z0-9-]+")
_NOT_IN_LABELS = re.compile(r"[^A-Za-z0-9._-]+")
_LABEL_LENGTH = 63


def run_id(name: str, uid: str) -> str:
    """The id of the run of a TrainingRun, and its Job's name: `mnist` of UID `3f2a9c10-…` is `mnist-3f2a9c10`."""
    return f"{name}-{uid.replace('-', '')[:8]}"


def mirror(workload: str, uid: str) -> str:
    """The name of the mirror of a workload, and of its run: the workload's name as far as it can be, and 8 hex digits.

    So a workload that is deleted and made again has a mirror of its own, and none ever meets a TrainingRun of yours.
    """
    stem = _NOT_IN_NAMES.sub("-", workload.lower()).strip("-")
    stem = stem if stem[:1].isalpha() else f"run-{stem}".strip("-")
    return run_id(stem[: RUN_NAME_LENGTH - 9].rstrip("-"), uid)


def label_value(text: str) -> str:
    """`text` as a label value: other characters become `-`, the ends are letters or digits, 63 characters at most."""
    return _NOT_IN_LABELS.sub("-", text)[:_LABEL_LENGTH].strip("-._")


def role_arn(template: str, namespace: str) -> str:
    """The sidecar's role of a namespace from the template of the settings."""
    return template.replace("{namespace}", namespace)


def trial(sweep: str, index: int) -> str:
    """The name of a sweep's trial: `lr-12` is the thirteenth of `lr`."""
    return f"{sweep}-{index}"
