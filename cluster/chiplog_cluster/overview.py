"""A line about each node of a checkout, for people; it must not change anything."""

from chiplog_cluster import lifecycle, readiness, slots
from chiplog_cluster.checkout import PURPOSES, Checkout
from chiplog_cluster.node import Node


def lines(checkout: Checkout) -> list[str]:
    """What `status` prints."""
    return [f"{purpose:<5} {_state(slots.existing_node(checkout, purpose))}" for purpose in PURPOSES]


def _state(it: Node | None) -> str:
    if it is None:
        return "never started"
    if not lifecycle.is_up(it):
        return f"down; what it stored is in {it.state}"
    asked = {"API": readiness.api_answers(it), "DNS": readiness.dns_answers(it), "S3": readiness.s3_answers(it)}
    silent = [name for name, answers in asked.items() if not answers]
    health = f"without answer: {', '.join(silent)}" if silent else "answering"
    return f"up, {health}; API {it.api_url}, S3 {it.s3_url}; use it with: . {it.env_file}"
