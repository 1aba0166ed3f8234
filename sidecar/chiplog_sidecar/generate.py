"""Writes the modules of our `.proto` files and their stubs; never imported by the sidecar.

Run it as `python sidecar/chiplog_sidecar/generate.py` with grpcio-tools installed. protoc stamps its own
version into the module and a check that refuses any older protobuf at import time. Both are taken out: the code
between them is the same for every protobuf from 5 to 7, so the checked-in files do not depend on who generated them,
and `protobuf>=5.29` in pyproject.toml stays true.
"""

import importlib
import re
import sys
import tempfile
from pathlib import Path

SIDECAR = Path(__file__).resolve().parents[1]
PROTOS = ("chiplog_sidecar/wandb/wandb.proto", "chiplog_sidecar/tensorboard/events.proto")
GENERATED = tuple(proto.removesuffix(".proto") + ending for proto in PROTOS for ending in ("_pb2.py", "_pb2.pyi"))

VERSION_STAMP = re.compile(
    r"^# Protobuf Python Version:.*\n"
    r"|^from google\.protobuf import runtime_version.*\n"
    r"|^_runtime_version\.ValidateProtobufRuntimeVersion\((?:\n .*)+\n\)\n",
    re.MULTILINE,
)


def generated() -> dict[Path, str]:
    """What the generated files should say now, by the path where each belongs."""
    protoc = importlib.import_module("grpc_tools.protoc")
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["protoc", f"-I{SIDECAR}", f"--python_out={folder}", f"--pyi_out={folder}", *PROTOS]
        if status := protoc.main(arguments):
            raise SystemExit(f"protoc ended with {status} on {PROTOS}")
        return {SIDECAR / name: _settled((Path(folder) / name).read_text(), name) for name in GENERATED}


def _settled(text: str, name: str) -> str:
    """The text without protoc's version; in the stub, mypy is told that protoc writes `Mapping` without its types."""
    note = '# mypy: disable-error-code="type-arg"\n' if name.endswith(".pyi") else ""
    return note + VERSION_STAMP.sub("", text)


def main() -> None:
    for path, text in generated().items():
        path.write_text(text)
        sys.stdout.write(f"wrote {path.relative_to(SIDECAR)}\n")


if __name__ == "__main__":
    main()
