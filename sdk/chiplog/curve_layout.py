"""Keys of the drawn curves (docs/bucket.md#drawn-curves), made here; it does no I/O."""

import hashlib

from chiplog.layout import class_prefix


def prefix(cluster: str = "", namespace: str = "") -> str:
    """Prefix of all drawn curves, of those of a cluster, or of one of its namespaces."""
    return class_prefix("curves", cluster, namespace)


def manifest_key(cluster: str, namespace: str) -> str:
    """Key of the list of blocks of a namespace."""
    return f"{prefix(cluster, namespace)}manifest.json"


def block_key(cluster: str, namespace: str, block: str) -> str:
    """Key of what a block holds."""
    return f"{prefix(cluster, namespace)}{block}/block.json"


def metric_key(cluster: str, namespace: str, block: str, metric: str) -> str:
    """Key of the curves of one metric of a block; a metric's name may hold anything, so its digest stands there."""
    digest = hashlib.sha256(metric.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{prefix(cluster, namespace)}{block}/{digest[:32]}.jsonl.zst"


def block_of(key: str) -> str:
    """The block whose object stands at `key`; empty for a manifest."""
    parts = key.split("/")
    return parts[4] if len(parts) == 6 else ""
