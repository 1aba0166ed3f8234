"""The generated modules beside `wandb.proto`."""

import pytest

from chiplog_sidecar import generate


def test_the_generated_files_are_what_the_proto_says() -> None:
    pytest.importorskip("grpc_tools", reason="needs grpcio-tools (dependency group dev)")
    for path, text in generate.generated().items():
        assert path.read_text() == text, f"run python {generate.__file__}"
