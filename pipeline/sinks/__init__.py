"""The sinks: where alerts are heard. Each is one room, and all keep the one protocol that stands here.

The outbox decides when to send and records what came of it; a sink sends once, now, and says what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from pipeline.secrets import GOOGLE, SecretManager, SecretRef
from pipeline.sinks.names import entity_names
from pipeline.sinks.spec import ConsoleSpec, EmailSpec, JsonlSpec, SinkSpec, SlackSpec, WebhookSpec
from transforms.article import Delivery, Receipt
from transforms.errors import Fault

if TYPE_CHECKING:
    from pipeline.sinks.console import Shown

Names = Callable[[], Mapping[str, str]]
"""What entities are called, by id."""

__all__ = [
    "ConsoleSpec",
    "EmailSpec",
    "JsonlSpec",
    "Sink",
    "SinkSpec",
    "SlackSpec",
    "WebhookSpec",
    "open_sinks",
]


class Sink(Protocol):
    """A place where alerts are heard.

    Attributes:
        name: what the configuration and the outbox call it.
    """

    name: str

    def send(self, delivery: Delivery) -> Receipt:
        """Say this alert, or edit what was said before (``delivery.previous``), without waiting for a better time.

        Raises:
            Retry: it may work later; ``after`` says when, ``unknown`` that it may have been heard all the same.
            Refused: a person must change something first; the message says what.
            Poison: this delivery can never work.
        """

    def find(self, delivery: Delivery) -> Receipt | None:
        """Was an earlier attempt at this delivery heard? None where it was not, or where the sink cannot know.

        Raises:
            Retry: the sink cannot be asked now.
        """

    def close(self) -> None:
        """Let go of what the sink holds; closing twice is harmless."""


def open_sinks(
    specs: Sequence[SinkSpec],
    environ: Mapping[str, str],
    say: Callable[[str], None],
    manager: SecretManager = GOOGLE,
    names: Names | None = None,
) -> dict[str, Sink]:
    """Sinks by name, ready to send. A Slack sink whose variable is not set becomes a console, and ``say`` tells so.

    Args:
        specs: what the configuration states.
        environ: where secrets are looked up; also ``NO_COLOR`` and ``TERM``.
        say: takes one line for the person who runs this.
        manager: where Secret Manager is asked.
        names: what entities are called, by id, asked once something is told of them; None: those that travel with
            Tocsin.

    Raises:
        Fault: two sinks have one name, or a secret cannot be one, or cannot be read where it lies.
        Retry: a secret cannot be read now.
    """
    sinks: dict[str, Sink] = {}
    shown: Shown = {}
    for spec in specs:
        if spec.name in sinks:
            raise Fault(f"two sinks are called {spec.name!r}: give one of them another name", key="sinks")
        sinks[spec.name] = _open(spec, environ, say, shown, manager, names)
    return sinks


def _open(
    spec: SinkSpec,
    environ: Mapping[str, str],
    say: Callable[[str], None],
    shown: Shown,
    manager: SecretManager,
    names: Names | None,
) -> Sink:
    # Each sink's library is loaded only where the sink is used: this module is imported with the settings.
    if isinstance(spec, JsonlSpec):
        from pipeline.sinks.jsonl import JsonlSink  # noqa: PLC0415

        return JsonlSink(spec.path, name=spec.name)
    if isinstance(spec, WebhookSpec):
        from pipeline.sinks.webhook import WebhookSink  # noqa: PLC0415

        secret, held = _secret(spec, environ, manager)
        return WebhookSink(spec.url, secret, name=spec.name, held=held)
    if isinstance(spec, EmailSpec):
        from pipeline.sinks.email import EmailSink  # noqa: PLC0415

        password, held = _secret(spec, environ, manager)
        return EmailSink(spec, password, held=held, names=names or entity_names)
    if isinstance(spec, SlackSpec):
        ref = spec.token
        if ref.scheme != "env" or environ.get(ref.name, "").strip():
            from pipeline.sinks.slack import SlackSink, pace  # noqa: PLC0415

            token = ref.read(environ, "the bot token", manager).reveal().strip()
            held = ref.name if ref.scheme == "env" else str(ref)
            return SlackSink(
                token,
                name=spec.name,
                variable=held,
                base_url=spec.base_url,
                say=say,
                buttons=spec.app_token is not None,
                pace=pace(spec.pace),
                names=names or entity_names,
            )
        say(
            f"sink {spec.name}: no Slack token in the environment (variable {ref.name} is not set); "
            "its alerts are shown on the console instead"
        )
    from pipeline.sinks.console import ConsoleSink  # noqa: PLC0415

    return ConsoleSink(name=spec.name, environ=environ, shown=shown)


def _secret(
    spec: WebhookSpec | EmailSpec, environ: Mapping[str, str], manager: SecretManager
) -> tuple[str | None, str]:
    """The secret of a sink, and where it lies, for errors; None where it has none."""
    ref = spec.secret_ref
    if ref is None:
        return None, ""
    return ref.read(environ, spec.HELD, manager).reveal().strip(), _lies(ref)


def _lies(ref: SecretRef) -> str:
    return f"environment variable {ref.name}" if ref.scheme == "env" else f"secret {ref}"
