"""The text of a message as Slack's incoming webhooks take it, and what else speaks their JSON; it sends nothing."""

from collections.abc import Sequence

from chiplog_operator.notices import Notice

MAX_LINES = 20
"""Of one message; the others are counted."""


def message(cluster: str, found: Sequence[Notice]) -> dict[str, str]:
    """`{"text": …}` for one notice or a digest of several. `text` alone is what every receiver of this kind shows."""
    lines = [_line(item) for item in found[:MAX_LINES]]
    if len(found) > MAX_LINES:
        lines.append(f"… and {len(found) - MAX_LINES} more: see `chiplog ls` and `chiplog line ls`")
    if len(found) == 1:
        return {"text": f"{lines[0]} [{escape(cluster)}]"}
    return {"text": "\n".join([f"*{len(found)} notices* [{escape(cluster)}]", *(f"• {line}" for line in lines)])}


def escape(text: str) -> str:
    """What a script wrote makes no link and calls nobody: Slack's three characters, and a stop behind each `@`, which
    makes a mention in Mattermost and Discord, and in what they read as a link: `[text](address)`, or an address alone.
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "@\u200b")
    return text.replace("](", "]\u200b(").replace("://", ":\u200b//")


def _line(item: Notice) -> str:
    said = " ".join(item.text.split())
    return f"*{item.word}* `{escape(f'{item.namespace}/{item.subject}')}`: {escape(said)}"
