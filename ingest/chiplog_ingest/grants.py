"""What a key may, once the cluster has said whose it is; a value, which asks nobody."""

from dataclasses import dataclass

from chiplog.documents import Writer


@dataclass(frozen=True)
class Grant:
    """One key's rights, in one namespace of our cluster."""

    key: str
    """The key's name, the same for all its generations."""
    handle: str
    """Of this generation."""
    service_account: str
    """For whom it stands."""
    cluster: str
    namespace: str
    project: str
    """The only one that it is for; empty: every one of the namespace."""
    may_write: bool
    key_uid: str = ""
    """Who the key is, in all its generations; another of the same name that is made later is somebody else."""

    @property
    def writer(self) -> Writer:
        """How it is named in what it writes."""
        named: Writer = {"key": self.key, "service_account": self.service_account}
        return {**named, "key_uid": self.key_uid} if self.key_uid else named
