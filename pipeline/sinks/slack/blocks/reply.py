"""What is told in the thread of an alert: one thing that happened, in words that stand alone."""

from __future__ import annotations

from pipeline.sinks import wording
from pipeline.sinks.slack.blocks.text import Block, context, literal, section
from transforms.article import Alert, Reply


def reply_fallback(alert: Alert, reply: Reply) -> str:
    """One line for notifications and screen readers: what happened, to which story, how far it is."""
    what = f"{wording.NOTICES[reply.reason]} · {literal(reply.text, 1000)}"
    return f"{what} · {literal(wording.headline(alert), 500)} · {wording.counts(alert)}"


def reply_blocks(alert: Alert, reply: Reply) -> list[Block]:
    """The reply: its reason, its text, and the story that it belongs to, since it may come to stand without it."""
    said = literal(reply.text, 2500)
    name = f"*{wording.NOTICES[reply.reason]}*"
    return [
        section(f"{name}\n{said}" if said else name),
        context(f"{literal(wording.headline(alert), 500)}\n{wording.counts(alert)}"),
    ]
