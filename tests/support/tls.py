"""Certificate authorities and what they sign, made by openssl, for servers of the tests."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Authority:
    """An authority whose files lie in `folder`."""

    folder: Path
    name: str

    @classmethod
    def make(cls, folder: Path, name: str) -> "Authority":
        """A new authority, good for a day."""
        extensions = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
        _openssl("req", "-x509", *_new(folder, name), "-days", "1", "-subj", f"/CN={name}", *extensions)
        return cls(folder, name)

    @property
    def certificate(self) -> str:
        """In PEM."""
        return (self.folder / f"{self.name}.crt").read_text()

    def sign(self, name: str, host: str, *, days: int = 1) -> tuple[bytes, bytes]:
        """A certificate for a host and its key; one of 0 days has expired already."""
        authority = ["-CA", f"{self.folder / self.name}.crt", "-CAkey", f"{self.folder / self.name}.key"]
        signing, folder = self.folder / f"{name}.csr", self.folder
        _openssl("req", *_new(folder, name)[:-2], "-out", str(signing), "-subj", f"/CN={host}")
        extensions = folder / f"{name}.ext"
        kind = "IP" if host.replace(".", "").isdecimal() else "DNS"
        extensions.write_text(f"subjectAltName={kind}:{host},IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        _openssl("x509", "-req", "-in", str(signing), *authority, "-CAcreateserial", "-days", str(days),
                 "-extfile", str(extensions), "-out", f"{folder / name}.crt")  # fmt: skip
        return (folder / f"{name}.crt").read_bytes(), (folder / f"{name}.key").read_bytes()


def _new(folder: Path, name: str) -> list[str]:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{folder / name}.key"]
    return [*key, "-out", f"{folder / name}.crt"]


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"openssl {' '.join(arguments)}: {done.stderr}")
