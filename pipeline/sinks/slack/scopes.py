"""Which methods of Slack's the sink asks, and the scope that each needs: the app manifest grants exactly these."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_READS: Final = ("channels:read", "groups:read")
_HISTORY: Final = ("channels:history", "groups:history")

BOT_SCOPES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "auth.test": (),
        "chat.postMessage": ("chat:write",),
        "chat.postEphemeral": ("chat:write",),
        "chat.update": ("chat:write",),
        "conversations.history": _HISTORY,
        "conversations.info": _READS,
        "conversations.list": _READS,
        "conversations.replies": _HISTORY,
    }
)
"""Scopes of the bot token by method: those of public channels and of private ones."""

APP_SCOPES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"apps.connections.open": ("connections:write",)}
)
"""Scopes of the app token, which listens to buttons; it is made by hand, a manifest does not hold it."""
