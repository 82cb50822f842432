"""A double of Slack: a real HTTP and WebSocket server on loopback with workspaces in memory.

For tests and demonstrations. It holds messages to Slack's documented limits, requests to its pace and scopes, and can
be told to fail, once or by script. ``python -m tests.doubles.slack --port 8065`` runs it alone.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from tests.doubles.slack.rates import Rates
from tests.doubles.slack.script import Script
from tests.doubles.slack.server import Answered, Asked, Server, State
from tests.doubles.slack.sockets import Envelope, Sockets
from tests.doubles.slack.troubles import Trouble, broken, limited, refused, reset, slow, strange
from tests.doubles.slack.workspace import Ephemeral, Message, Workspace

__all__ = [
    "Answered",
    "Asked",
    "Envelope",
    "Ephemeral",
    "Message",
    "Rates",
    "Script",
    "SlackDouble",
    "Trouble",
    "Workspace",
    "broken",
    "limited",
    "refused",
    "reset",
    "slow",
    "strange",
]

TOKEN = "xoxb-123456789012-only-the-double-knows-it"  # noqa: S105 - the double's
APP_TOKEN = "xapp-1-A0TOCSIN-123456789012-only-the-double-knows-it"  # noqa: S105 - the double's


class SlackDouble:
    """Slack on loopback.

    Args:
        token: the bot token that it takes.
        channels: names of the channels there are; None lets every name be one.
        port: where to listen; 0 for a free one.
        app_token: the app-level token that opens WebSockets.
        rates: whether requests that come too fast are refused and counted, or at which rates.
        script: what befalls requests; may be set and taken away at any time.
        remember: how many of the last requests ``asked`` keeps; None: all.
        journal: is told what became of each request, before it is answered.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        channels: Iterable[str] | None = None,
        port: int = 0,
        app_token: str = APP_TOKEN,
        rates: bool | Rates = False,
        script: Script | None = None,
        remember: int | None = None,
        journal: Callable[[Answered], None] | None = None,
    ):
        self.token, self.app_token = token, app_token
        self.workspace = _workspace(0, channels)
        held = rates if isinstance(rates, Rates) else Rates() if rates else None
        self._state = State({token: self.workspace}, app_token, held, script, deque(maxlen=remember), journal)
        self._server = Server(self._state, port)
        # A short poll, so that closing takes no time.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="slack-double")

    @property
    def url(self) -> str:
        """What a client takes as base_url."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/"

    @property
    def messages(self) -> list[Message]:
        """The messages that were posted and not deleted, in their order, those of all workspaces."""
        workspaces = list(self._state.workspaces.values())
        found = [message for space in workspaces for message in list(space.messages) if not message.deleted]
        return found if len(workspaces) == 1 else sorted(found, key=lambda message: message.ts)

    @property
    def asked(self) -> list[Asked]:
        """Every request so far, or the last of them, as ``remember`` says."""
        with self._state.lock:
            return list(self._state.asked)

    @property
    def too_fast(self) -> Counter[str]:
        """Requests that came faster than Slack's pace, by the id of their channel."""
        return self._state.rates.too_fast if self._state.rates is not None else Counter()

    @property
    def posted(self) -> Counter[str]:
        """How often each delivery posted a message: more than once is a message that was doubled."""
        spaces = self._state.workspaces.values()
        return sum((space.posted for space in spaces), Counter())

    @property
    def edited(self) -> Counter[str]:
        """How often each delivery edited a message."""
        return sum((space.edited for space in self._state.workspaces.values()), Counter())

    @property
    def ephemeral(self) -> list[Ephemeral]:
        """What single people were told, in their order, workspace by workspace."""
        return [said for space in self._state.workspaces.values() for said in list(space.ephemeral)]

    @property
    def deleted(self) -> list[Message]:
        """The messages that the script had deleted."""
        return list(self._state.deleted)

    @property
    def sockets(self) -> Sockets:
        """The WebSockets of the app."""
        return self._state.sockets

    @property
    def script(self) -> Script | None:
        """What befalls requests."""
        return self._state.script

    @script.setter
    def script(self, script: Script | None) -> None:
        self._state.script = script

    def add_workspace(self, token: str, *, channels: Iterable[str] | None = None) -> Workspace:
        """Another workspace, which this bot token opens."""
        added = _workspace(len(self._state.workspaces), channels)
        self._state.workspaces = {**self._state.workspaces, token: added}
        return added

    def revoke(self, token: str) -> None:
        """This bot or app token is good no more."""
        self._state.revoked.add(token)

    def fail_next(self, *troubles: Trouble) -> None:
        """Let the next requests fail, each with one trouble, in this order."""
        with self._state.lock:
            self._state.troubles += troubles

    def delete(self, message: Message, *, tombstone: bool | None = None) -> None:
        """Someone deletes the message; where it had replies, a tombstone stays in its place."""
        self._home(message).delete(message, tombstone=tombstone)

    def thread(self, message: Message) -> list[Message]:
        """The replies to a message, in their order."""
        return self._home(message).shelf.replies(message)

    def press(
        self,
        message: Message,
        action: str,
        *,
        user: str = "U0EDITOR",
        value: str | None = None,
        timeout: float = 30.0,
    ) -> Envelope:
        """Someone presses what has this action id in the message; returns when the app acknowledged it.

        Args:
            message: where it stands.
            action: its action id.
            user: the id of who presses.
            value: of the option that is chosen in a menu; None: the first.
            timeout: seconds.

        Raises:
            LookupError: nothing in the message has this action id, or this option.
            TimeoutError: the app did not acknowledge it.
        """
        return self.sockets.press(
            self._home(message), message, action, user=user, value=value, timeout=timeout
        )

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening, and wait for every answer that is still under way."""
        self._state.closing.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _home(self, message: Message) -> Workspace:
        spaces = self._state.workspaces.values()
        return next(space for space in spaces if space.shelf.holds(message))


def _workspace(number: int, channels: Iterable[str] | None) -> Workspace:
    known = (
        None if channels is None else {name: f"C{number}{place:07d}" for place, name in enumerate(channels)}
    )
    return Workspace(known, team="T0NEWSROOM" if number == 0 else f"T{number}NEWSROOM", number=number)
