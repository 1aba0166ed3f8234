"""Who may do what in the bucket, as IAM documents (DESIGN.md, section 7); it must not speak to any server."""

from dataclasses import dataclass

ACCOUNT = "000000000000"
"""The one account of versitygw; on AWS it is the bucket owner's."""

ISSUER = "kubernetes.default.svc"
"""The ServiceAccount issuer without its scheme, as IAM names a provider."""

AUDIENCE = "chiplog-bucket"
"""The audience of the sidecar's token, and of no other: a token for the API server is worth nothing at STS."""

OPERATOR_ROLE = "chiplog-operator"
OPERATOR_SUBJECT = "system:serviceaccount:chiplog-system:chiplog-operator"

COMPACTOR_ROLE = "chiplog-compactor"
COMPACTOR_SUBJECT = "system:serviceaccount:chiplog-system:chiplog-compactor"

DASHBOARD_ROLE = "chiplog-dashboard"
DASHBOARD_SUBJECT = "system:serviceaccount:chiplog-system:chiplog-dashboard"

INGEST_ROLE = "chiplog-ingest"
INGEST_SUBJECT = "system:serviceaccount:chiplog-system:chiplog-ingest"

_RECORDED = ("live", "raw", "blobs")
_OPERATED = ("clusters", "runs", "lines", "latest")
_SAID = ("words", "reports", "watch")

Document = dict[str, object]


@dataclass(frozen=True)
class Place:
    """Where a cluster's runs lie: `<bucket>/<prefix>/v1/<class>/<cluster>/…`."""

    bucket: str
    prefix: str
    cluster: str

    @classmethod
    def of_purpose(cls, purpose: str) -> "Place":
        """The embedded cluster of a purpose: one bucket for all, a prefix and a cluster name for each."""
        return cls(bucket="chiplog", prefix=purpose, cluster=purpose)

    def key(self, *parts: str) -> str:
        """A key or key pattern under the layout's version."""
        return "/".join((self.prefix, "v1", *parts))

    def arn(self, key: str = "") -> str:
        """The resource name of the bucket, or of a key pattern in it."""
        return f"arn:aws:s3:::{self.bucket}/{key}" if key else f"arn:aws:s3:::{self.bucket}"


def sidecar_role(namespace: str) -> str:
    """The role that every sidecar of a namespace takes."""
    return f"chiplog-sidecar-{namespace}"


def role_arn(role: str) -> str:
    """The name by which STS is asked for a role."""
    return f"arn:aws:iam::{ACCOUNT}:role/{role}"


def sidecar_trust(namespace: str) -> Document:
    """Any ServiceAccount of the namespace may take the role: the namespace is the boundary of trust."""
    return _trust({"StringLike": {f"{ISSUER}:sub": f"system:serviceaccount:{namespace}:*"}})


def operator_trust() -> Document:
    """Only the operator's own ServiceAccount may take the role."""
    return _trust({"StringEquals": {f"{ISSUER}:sub": OPERATOR_SUBJECT}})


def compactor_trust() -> Document:
    """Only the compactor's own ServiceAccount may take the role."""
    return _trust({"StringEquals": {f"{ISSUER}:sub": COMPACTOR_SUBJECT}})


def dashboard_trust() -> Document:
    """Only the dashboard's own ServiceAccount may take the role."""
    return _trust({"StringEquals": {f"{ISSUER}:sub": DASHBOARD_SUBJECT}})


def ingest_trust() -> Document:
    """Only the door's own ServiceAccount may take the role."""
    return _trust({"StringEquals": {f"{ISSUER}:sub": INGEST_SUBJECT}})


def sidecar_policy(place: Place, namespace: str) -> Document:
    """Write and read what the namespace recorded, read who watches it; delete nothing."""
    recorded = [place.key(kind, place.cluster, namespace, "*") for kind in _RECORDED]
    watched = place.key("watch", place.cluster, namespace, "*")
    writes = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    return _policy(
        _allow([*writes, "s3:GetObject"], [place.arn(key) for key in recorded]),
        _allow(["s3:GetObject"], [place.arn(watched)]),
        _list(place, [*recorded, watched]),
    )


def operator_policy(place: Place) -> Document:
    """Read everything of the installation, write what the operator owns; delete nothing."""
    everything = f"{place.prefix}/*"
    return _policy(
        _allow(["s3:GetObject"], [place.arn(everything)]),
        _list(place, [everything]),
        _allow(["s3:PutObject"], [place.arn(place.key(kind, "*")) for kind in _OPERATED]),
    )


def compactor_policy(place: Place) -> Document:
    """Read everything of the installation; write tables, index, drawn curves, seals and markers; alone delete."""
    everything = f"{place.prefix}/*"
    written = [place.key(kind, "*") for kind in ("tables", "index", "curves")]
    seals, markers = place.key("runs", "*", "seal.json"), place.key("raw", "*", "sealed-*")
    return _policy(
        _allow(["s3:GetObject"], [place.arn(everything)]),
        _list(place, [everything]),
        _allow(["s3:PutObject"], [place.arn(key) for key in (*written, seals, markers)]),
        _allow(["s3:DeleteObject"], [place.arn(place.key("*"))]),
    )


def dashboard_policy(place: Place) -> Document:
    """Read everything of the installation, write what people say; delete nothing."""
    everything = f"{place.prefix}/*"
    return _policy(
        _allow(["s3:GetObject"], [place.arn(everything)]),
        _list(place, [everything]),
        _allow(["s3:PutObject"], [place.arn(place.key(kind, "*")) for kind in _SAID]),
    )


def ingest_policy(place: Place) -> Document:
    """Read everything of the installation; write what sidecars write, in every namespace of the cluster, and the
    documents of runs that come in; delete nothing."""
    everything = f"{place.prefix}/*"
    recorded = [place.key(kind, place.cluster, "*") for kind in (*_RECORDED, "runs")]
    writes = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    return _policy(
        _allow(["s3:GetObject"], [place.arn(everything)]),
        _list(place, [everything]),
        _allow(writes, [place.arn(key) for key in recorded]),
    )


def _trust(subject: dict[str, dict[str, str]]) -> Document:
    equals = {**subject.get("StringEquals", {}), f"{ISSUER}:aud": AUDIENCE}
    statement: Document = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {**subject, "StringEquals": equals},
    }
    return _policy(statement)


def _list(place: Place, patterns: list[str]) -> Document:
    """Without ListBucket a missing key answers 403 instead of 404, and nothing can resume."""
    return {**_allow(["s3:ListBucket"], [place.arn()]), "Condition": {"StringLike": {"s3:prefix": patterns}}}


def _allow(actions: list[str], resources: list[str]) -> Document:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def _policy(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}
