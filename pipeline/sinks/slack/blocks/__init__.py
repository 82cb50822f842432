"""How Tocsin looks in Slack: Block Kit from alerts, replies and digests, within Slack's limits whatever they hold.

Pure functions. ``text.py`` makes text from anywhere harmless and counts as Slack does; ``alert.py`` is the one message
of a story, ``coverage.py`` its list of articles, ``digest.py`` many alerts in one message, ``reply.py`` what is told
in a thread, ``asked.py`` what a button answers.
"""

from __future__ import annotations

from pipeline.sinks.slack.blocks.alert import BUTTONS, blocks, fallback
from pipeline.sinks.slack.blocks.asked import coverage_blocks, why_blocks
from pipeline.sinks.slack.blocks.digest import digest_blocks, digest_fallback
from pipeline.sinks.slack.blocks.reply import reply_blocks, reply_fallback
from pipeline.sinks.slack.blocks.text import ALL_TEXT, Block, escape

__all__ = [
    "ALL_TEXT",
    "BUTTONS",
    "Block",
    "blocks",
    "coverage_blocks",
    "digest_blocks",
    "digest_fallback",
    "escape",
    "fallback",
    "reply_blocks",
    "reply_fallback",
    "why_blocks",
]
