"""Kubernetes' times as Unix seconds; it reads no clock."""

from datetime import UTC, datetime


def seconds(text: str | None) -> float | None:
    """`2026-11-23T21:00:00Z`, with or without a fraction, as Unix seconds; None for no time."""
    return datetime.fromisoformat(text).timestamp() if text else None


def text(moment: float) -> str:
    """Unix seconds as Kubernetes writes a Time: UTC, whole seconds."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise(moment: float) -> str:
    """Unix seconds as Kubernetes writes a MicroTime."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
