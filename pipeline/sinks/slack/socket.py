"""The listener: hears by Socket Mode which buttons people press, has it done, and answers the one who pressed.

Run by the shell beside the graph where an app token is set. Slack sends a press again until it hears that it arrived;
each is done once. What is done is the business of ``act``.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from types import TracebackType
from typing import Any, Final, NoReturn, Self
from urllib.parse import urlsplit

from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from pipeline.sinks.hostile import clip, harmless
from pipeline.sinks.slack.answers import REFUSALS, error_of
from pipeline.sinks.slack.blocks import escape
from pipeline.sinks.slack.client import Client
from pipeline.sinks.slack.line import SocketMode, is_safe
from pipeline.sinks.slack.pressed import Answer, Pressed, pressed
from transforms.errors import Fault, Refused, Retry, TocsinError

__all__ = ["Answer", "Listener", "Pressed", "line_address"]

REMEMBERED: Final = 10_000
"""Presses that are known again when Slack sends them again; it gives up after minutes."""

LOOK: Final = 0.25
"""Seconds between two looks whether the line is still there."""

PING: Final = 5.0
LONGEST: Final = 60.0
"""Seconds between two tries to connect, at most."""

APP_TOKEN: Final = re.compile(r"xapp-[!-~]{1,500}")
_BOT_TOKEN = re.compile(r"[!-~]{1,500}")


class Listener:
    """Hears presses.

    Args:
        app_token: an app-level token with the scope connections:write; opens the line.
        bot_token: of the workspace that the messages stand in; answers those who press.
        base_url: where the Slack API is.
        act: does what was asked for; called from threads of the listener, at most four at once. What it raises of
            ours is told to the one who pressed.
        say: takes one line for the person who runs this.
        name: what the configuration calls the sink.
        variable: the environment variable of the app token, or its reference, for errors.

    Attributes:
        ping: seconds between two looks whether Slack still answers on the line.
        counts: presses by what became of them: ``acted``, ``again`` (sent twice), ``failed``, ``unknown-action``,
            ``malformed``, ``other`` (no press), ``unacknowledged``, ``unanswered``.

    Raises:
        Fault: a token cannot be one.
    """

    ping: float = PING

    def __init__(
        self,
        app_token: str,
        bot_token: str,
        base_url: str,
        act: Callable[[Pressed], Answer],
        say: Callable[[str], None],
        *,
        name: str = "slack",
        variable: str = "SLACK_APP_TOKEN",
    ):
        self.name = name
        self._variable = f"{'secret' if ':' in variable else 'environment variable'} {variable}"
        if not APP_TOKEN.fullmatch(app_token):
            raise Fault(f"sink {name}: the {self._variable} holds no app-level token: {ADVICE}", key="sinks")
        if not _BOT_TOKEN.fullmatch(bot_token):
            raise Fault(f"sink {name}: what should be the bot token is none: copy it again", key="sinks")
        self.counts: Counter[str] = Counter()
        self._act, self._say = act, say
        self._app, self._bot = Client(app_token, base_url), Client(bot_token, base_url)
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, None] = OrderedDict()
        self._over = threading.Event()
        self._open = threading.Event()
        self._tries = 0
        self._not_before = 0.0
        self._told = False
        self._thread = threading.Thread(target=self._run, name=f"{name}-listener", daemon=True)

    def __repr__(self) -> str:
        return f"Listener(name={self.name!r}, base_url={self._bot.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"the listener of sink {self.name} holds tokens and is not pickled: open it where it is used"
        )

    def start(self) -> None:
        """Begin to listen; returns at once."""
        self._thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Until the line is open; whether it is."""
        return self._open.wait(timeout)

    @property
    def over(self) -> bool:
        """Whether it stopped listening for good: it was closed, or Slack refuses the app token."""
        return self._over.is_set()

    def close(self) -> None:
        """Stop listening, and wait for what is being done; closing twice is harmless."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        """Keep a line open until told to stop."""
        line = SocketMode(self._app, self._address, self.ping)
        line.socket_mode_request_listeners.append(self._heard)
        try:
            while not self._over.is_set():
                if line.is_connected():
                    self._there()
                elif time.monotonic() >= self._not_before:
                    self._connect(line)
                    continue
                else:
                    self._open.clear()
                self._over.wait(LOOK)
        finally:
            self._open.clear()
            line.close()

    def _connect(self, line: SocketMode) -> None:
        try:
            line.connect_to_new_endpoint()
        except TocsinError:
            return  # it was told where the address was asked for
        except Exception as error:  # noqa: BLE001 - the library's own faults too: it is tried again, and said
            self._away(f"{self._about}: the line cannot be opened: {type(error).__name__}", None)
            return
        if not line.is_connected():
            self._away(f"{self._about}: the line cannot be opened", None)

    def _address(self) -> str:
        """Where a new line may be opened.

        Raises:
            Refused: Slack does not take the app token; this was told, and it is over.
            Retry: not now; this was told.
        """
        if time.monotonic() < self._not_before:
            raise Retry(f"{self._about}: Slack asked to wait")
        try:
            return line_address(self._app, self._about, self._variable)
        except TocsinError as error:
            raise self._failed(error) from None

    def _failed(self, error: TocsinError) -> TocsinError:
        if isinstance(error, Retry):
            self._away(str(error), error.after)
        else:
            self._say(f"{error}; buttons do nothing until this is started again")
            self._over.set()
        return error

    def _away(self, why: str, after: float | None) -> None:
        """Slack is not reached: said once, until it is."""
        self._open.clear()
        self._tries += 1
        wait = after if after is not None else min(0.25 * 2 ** min(self._tries, 12), LONGEST)
        self._not_before = time.monotonic() + min(wait, 10 * LONGEST)
        if not self._told:
            self._told = True
            self._say(f"{why}; buttons do nothing until it is reached again")

    def _there(self) -> None:
        if self._told:
            self._say(f"{self._about}: reached again")
        self._told, self._tries = False, 0
        self._open.set()

    @property
    def _about(self) -> str:
        return f"sink {self.name}: apps.connections.open"

    def _heard(self, line: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """One envelope: acknowledged at once, then done, if it was not before."""
        try:
            line.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        except (SlackClientError, OSError):
            self._count("unacknowledged")  # it is sent again, and known then
        if request.type != "interactive":
            self._count("other")
            return
        if not self._is_new(("envelope", request.envelope_id)):
            self._count("again")
            return
        for press in pressed(request.payload):
            if isinstance(press, str):
                self._count(press)
            elif not self._is_new(press):
                self._count("again")
            else:
                self._do(press)

    def _do(self, press: Pressed) -> None:
        said = f"sink {self.name}: {press.action} in {press.channel}"
        try:
            answer = self._act(press)
        except TocsinError as error:
            self._count("failed")
            self._say(f"{said}: {clip(harmless(str(error)), 500)}")
            answer = Answer(f"That could not be done: {escape(clip(harmless(str(error)), 500))}")
        except Exception as error:  # noqa: BLE001 - whatever it is, people hear of it and other presses go on
            self._count("failed")
            self._say(f"{said}: it failed ({type(error).__name__}); this is a fault of Tocsin's")
            answer = Answer("That could not be done: it failed here, and those who run Tocsin were told.")
        else:
            self._count("acted")
        if answer.text:
            self._tell(press, answer, said)

    def _tell(self, press: Pressed, answer: Answer, said: str) -> None:
        more: dict[str, Any] = {"blocks": [dict(block) for block in answer.blocks]} if answer.blocks else {}
        if press.thread is not None:
            more["thread_ts"] = press.thread
        about, error = f"{said}: chat.postEphemeral", None
        try:
            heard = self._bot.ask(
                "chat_postEphemeral",
                said=about,
                channel=press.channel,
                user=press.user,
                text=answer.text,
                **more,
            )
            if not heard.ok:
                error = error_of(heard, about, variable="bot token", channel=press.channel)
        except (Retry, Refused) as raised:
            error = raised
        if error is not None:
            self._count("unanswered")
            self._say(f"{error}; who pressed was not answered")

    def _is_new(self, key: Hashable) -> bool:
        with self._lock:
            if key in self._known:
                return False
            self._known[key] = None
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            return True

    def _count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1


def line_address(app: Client, about: str, variable: str) -> str:
    """Where a line may be opened now; it is good once, and opening none costs nothing.

    Args:
        app: a client with the app-level token.
        about: what errors begin with.
        variable: what holds the token, for errors.

    Raises:
        Refused: Slack does not take the app token; the message says what to change.
        Retry: not now.
    """
    answer = app.ask("apps_connections_open", said=about, app_token=str(app.token))
    if not answer.ok:
        if answer.code in REFUSALS:
            raise Refused(f"{about}: {answer.code}: {_ADVICE_OF.format(variable=variable)}")
        raise error_of(answer, about, variable=variable, channel="")
    url = answer.word("url") or ""
    if not is_safe(url, here=urlsplit(app.base_url).scheme == "http"):
        # Not repeated: it opens a line.
        raise Refused(f"{about}: Slack names a WebSocket without TLS: check base_url")
    return url


ADVICE: Final = (
    "copy an app-level token with the scope connections:write (it begins with xapp-; Slack shows it under Basic"
    " Information, App-Level Tokens)"
)
_ADVICE_OF: Final = (
    "put an app-level token with the scope connections:write into the {variable} (it begins with xapp-; Slack shows it"
    " under Basic Information, App-Level Tokens), and turn Socket Mode on"
)
