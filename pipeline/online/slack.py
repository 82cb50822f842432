"""Asking Slack, sink by sink: are the tokens good, which scopes has the app, and may it post in each channel.

Nothing is posted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipeline.online.finding import Finding
from pipeline.secrets import Place, SecretRef
from pipeline.settings.model import Settings
from pipeline.settings.places import sink_places, watch_places
from pipeline.sinks import wording
from pipeline.sinks.hostile import clip, harmless
from pipeline.sinks.slack.answers import REFUSALS, error_of
from pipeline.sinks.slack.client import Answer, Client
from pipeline.sinks.slack.socket import ADVICE, APP_TOKEN, line_address
from pipeline.sinks.spec import SlackSpec
from transforms.errors import Fault, Refused, Retry, TocsinError
from transforms.watch import Rules

NEEDED: Final = "chat:write"
USEFUL: Final = {
    "channels:read": "a channel that is given by its name is not found again after an answer was lost",
    "channels:history": "a message whose answer was lost cannot be looked for, and may be posted twice",
    "groups:read": "the same as channels:read, in private channels",
    "groups:history": "the same as channels:history, in private channels",
}
"""Scopes that Tocsin can do without, and what is missing then."""

PAGES: Final = 20
"""Of 1,000 channels each; Slack slows down who asks for more in a minute."""


def slack_online(settings: Settings, rules: Rules, environ: Mapping[str, str]) -> Iterator[Finding]:
    """What Slack says to each Slack sink."""
    sinks = [
        (spec, place)
        for spec, place in zip(settings.sinks, sink_places(settings), strict=True)
        if isinstance(spec, SlackSpec)
    ]
    if not sinks:
        return
    places = watch_places(settings)
    channels = [
        Told(f"watch {watch.id}", wording.channel(watch.channel), places.get(watch.id, Place()))
        for watch in rules.watches.values()
    ]
    routes = settings.place_of("routes")
    channels += [Told("a route", wording.channel(route.channel), routes) for route in settings.routes]
    for spec, place in sinks:
        yield from _sink(spec, place, channels, environ)


@dataclass(frozen=True)
class Told:
    """A channel that a watch tells, or a route."""

    who: str
    channel: str
    place: Place


class Desk:
    """One sink's Slack, asked.

    Args:
        spec: the sink.
        token: its bot token.
        variable: what holds the token, for errors.
    """

    def __init__(self, spec: SlackSpec, token: str, variable: str):
        self.name, self.variable = spec.name, variable
        self._client = Client(token, spec.base_url)

    def ask(self, method: str, said: str = "", /, **arguments: Any) -> Answer:
        """Ask once.

        Args:
            method: as slack_sdk calls it.
            said: the channel that it is about, as people call it.
            arguments: of the method.

        Raises:
            Retry: not now.
            Refused: a person must change something.
        """
        about = f"sink {self.name}: {said + ': ' if said else ''}{method.replace('_', '.')}"
        answer = self._client.ask(method, said=about, **arguments)
        if not answer.ok:
            error = error_of(answer, about, variable=self.variable, channel=said)
            raise error if isinstance(error, (Retry, Refused)) else Refused(str(error))
        return answer

    def rooms(self) -> dict[str, Mapping[str, Any]]:
        """The channels that the app can see, by id and by ``#name``.

        Raises:
            Retry: not now.
            Refused: a person must change something.
        """
        try:
            return self._rooms("public_channel,private_channel")
        except Refused as refused:
            if "groups:read" not in str(refused):
                raise
            return self._rooms("public_channel")

    def _rooms(self, kinds: str) -> dict[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        more: dict[str, Any] = {}
        for _ in range(PAGES):
            answer = self.ask("conversations_list", types=kinds, limit=1000, **more)
            for room in answer.items("channels"):
                found[str(room.get("id"))] = found[f"#{str(room.get('name')).lower()}"] = room
            cursor = answer.part("response_metadata").get("next_cursor")
            if not isinstance(cursor, str) or not cursor:
                return found
            more = {"cursor": cursor}
        raise Retry(f"sink {self.name}: conversations.list: there are more channels than can be asked for")


def _sink(
    spec: SlackSpec, place: Place, channels: list[Told], environ: Mapping[str, str]
) -> Iterator[Finding]:
    ref = spec.token
    if ref.scheme == "env" and not environ.get(ref.name, "").strip():
        yield Finding("unreached", f"sink {spec.name}: {ref.name} is not set here: Slack is not asked", place)
        return
    held = f"environment variable {ref.name}" if ref.scheme == "env" else f"secret {ref}"
    try:
        token = ref.read(environ, "the bot token").reveal().strip()
        if not (token.isascii() and token.isprintable() and token and " " not in token):
            raise Fault(f"sink {spec.name}: the {held} holds no Slack token: copy the bot token again")
        desk = Desk(spec, token, held)
        known = desk.ask("auth_test")
    except TocsinError as error:
        yield _finding(error, place)
        return
    team = clip(harmless(known.word("team")), 80)
    yield Finding("note", f"sink {spec.name}: Slack knows it as {known.word('user')} in {team or '?'}", place)
    granted = known.granted
    if granted is not None:
        if NEEDED not in granted:
            yield Finding(
                "fault", f"sink {spec.name}: {REFUSALS['missing_scope'].format(scope=NEEDED)}", place
            )
        for scope, loss in USEFUL.items():
            if scope not in granted:
                yield Finding("note", f"sink {spec.name}: without the scope {scope}: {loss}", place)
    yield from _channels(desk, channels, granted or frozenset())
    if spec.app_token is not None:
        yield _line(spec, spec.app_token, place, environ)


def _line(spec: SlackSpec, ref: SecretRef, place: Place, environ: Mapping[str, str]) -> Finding:
    """Whether presses of buttons would be heard: the app-level token opens a line, which is not used."""
    held = f"environment variable {ref.name}" if ref.scheme == "env" else f"secret {ref}"
    try:
        token = ref.read(environ, "the app-level token").reveal().strip()
        if not APP_TOKEN.fullmatch(token):
            raise Fault(f"sink {spec.name}: the {held} holds no app-level token: {ADVICE}")
        line_address(Client(token, spec.base_url), f"sink {spec.name}: apps.connections.open", held)
    except TocsinError as error:
        return _finding(error, place)
    return Finding("note", f"sink {spec.name}: buttons can be listened to (Socket Mode)", place)


def _channels(desk: Desk, channels: list[Told], granted: frozenset[str]) -> Iterator[Finding]:
    try:
        rooms = desk.rooms()
    except TocsinError as error:
        # Posting needs no leave to look: without that, nothing is known of the channels.
        yield Finding("unreached", f"{error}; the channels of the watches are not looked at")
        return
    fine = 0
    for told in channels:
        try:
            wrong = _wrong_with(desk, told.channel, rooms, granted)
        except TocsinError as error:
            yield _finding(error, told.place)
            continue
        if wrong is None:
            fine += 1
        else:
            said = REFUSALS[wrong].format(channel=told.channel, variable=desk.variable, scope="")
            yield Finding("fault", f"sink {desk.name}: {told.who}: {wrong}: {said}", told.place)
    if fine:
        yield Finding(
            "note", f"sink {desk.name}: the channels of {fine} of {len(channels)} watches can be told"
        )


def _wrong_with(
    desk: Desk, channel: str, rooms: Mapping[str, Mapping[str, Any]], granted: frozenset[str]
) -> str | None:
    """Slack's word for what is wrong with this channel, or None."""
    room = rooms.get(channel.lower() if channel.startswith("#") else channel)
    if room is None:
        if channel.startswith("#"):
            return "channel_not_found"
        room = desk.ask("conversations_info", channel, channel=channel).part("channel")
    if room.get("is_archived") is True:
        return "is_archived"
    public = room.get("is_private") is not True
    if room.get("is_member") is not True and not (public and "chat:write.public" in granted):
        return "not_in_channel"
    return None


def _finding(error: TocsinError, place: Place) -> Finding:
    if isinstance(error, Fault):
        own = Place(error.path, error.line, error.key) if error.path else place
        return Finding("fault", error.message, own)
    return Finding("unreached" if isinstance(error, Retry) else "fault", str(error), place)
