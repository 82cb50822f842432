"""The e-mail sink: what is worth a mail, as one mail, in the thread of its story.

Mail cannot be edited and cannot be asked for. So mere updates are not mailed, and every mail has an id that follows
from its delivery: a mail box that gets it twice can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Final, NoReturn

from pipeline.sinks import wording
from pipeline.sinks.email.message import mail, message_id
from pipeline.sinks.email.server import TIMEOUT, Account, Mail, Server
from pipeline.sinks.names import entity_names
from pipeline.sinks.spec import EmailSpec
from transforms.article import Delivery, Receipt
from transforms.errors import Fault, Refused

__all__ = ["EmailSink"]

REMEMBERED: Final = 1000

WAITED: Final = 3
"""Attempts that all wait for one mail box which does not take mail now; then the others are told without it."""


def _now() -> datetime:
    return datetime.now(UTC)


class EmailSink:
    """Alerts as mail.

    Args:
        spec: server, sender and receivers.
        password: of ``spec.user``; None: nobody logs in.
        held: where the password lies, as "environment variable MAIL_PASSWORD", for errors.
        timeout: seconds for one mail, all in all.
        clock: gives the time.
        names: what entities are called, by id; asked at the first mail.

    Raises:
        Fault: the password has letters that mail servers are not given.
    """

    def __init__(
        self,
        spec: EmailSpec,
        password: str | None,
        *,
        held: str = "",
        timeout: float = TIMEOUT,
        clock: Callable[[], datetime] = _now,
        names: Callable[[], Mapping[str, str]] = entity_names,
    ):
        if password is not None and not password.isascii():
            raise Fault(
                f"sink {spec.name}: the {held or 'password'} has letters outside ASCII, by which nobody can log in:"
                " set another password for the account",
                key="sinks",
            )
        self.name = spec.name
        self._spec, self._clock = spec, clock
        self._names = cache(names)  # once: it may read a whole shelf of rules
        account = Account(spec.user, password, held) if spec.user is not None and password else None
        self._server = Server(spec, account, timeout)
        self._mailed: dict[tuple[str, str, str], None] = {}

    def __repr__(self) -> str:
        return f"EmailSink(name={self.name!r}, host={self._spec.host!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"sink {self.name} holds a password and is not pickled: open it where it is used")

    def send(self, delivery: Delivery) -> Receipt:
        """Mail the alert, the reply or the digest; an update of what was mailed before is no mail.

        Raises:
            Retry: the mail server does not take it now; ``unknown`` where it may have it all the same.
            Refused: server, account or receivers; the message says what to change.
            Poison: the server can never take this mail.
        """
        first = self._thread(delivery)
        own = message_id(delivery.id, self._spec.sender)
        receipt = Receipt(channel=delivery.channel, message=first or own)
        if not self._worth_a_mail(delivery, first):
            return receipt
        receivers = self._spec.receivers(delivery.channel)
        if not receivers:
            where = wording.channel(delivery.channel)
            raise Refused(
                f"sink {self.name}: nobody gets what is told {where}: write it under channels of this sink, or write to"
            )
        content = mail(
            delivery,
            sender=self._spec.sender,
            receivers=receivers,
            own=own,
            first=first,
            at=self._clock(),
            names=self._names(),
        )
        self._server.take(Mail(receivers, content, patient=delivery.attempts < WAITED))
        self._remember(delivery)
        return receipt

    def find(self, delivery: Delivery) -> Receipt | None:  # noqa: ARG002 - the protocol's
        """A mail box cannot be asked."""
        return None

    def close(self) -> None:
        """Nothing is held between two mails."""

    def _thread(self, delivery: Delivery) -> str | None:
        """The id of the mail that opened the thread; None where there is none, or what was sent was no mail."""
        said = delivery.previous.message if delivery.previous is not None else None
        if delivery.digest is not None or said is None:
            return None
        known, _, domain = said.removeprefix("<").removesuffix(">").partition("@")
        whole = bool(known and domain) and said == message_id(known, f"_@{domain}")
        return said if whole else None

    def _worth_a_mail(self, delivery: Delivery, first: str | None) -> bool:
        if delivery.digest is not None:
            return True
        if delivery.reply is not None:
            # An escalation edits the message and is told in its thread: by mail, both would say the same.
            return self._state(delivery) not in self._mailed
        return first is None or delivery.alert.kind != "update"

    def _remember(self, delivery: Delivery) -> None:
        if delivery.reply is None and delivery.digest is None and delivery.alert.kind in LOUD:
            self._mailed[self._state(delivery)] = None
            if len(self._mailed) > REMEMBERED:
                del self._mailed[next(iter(self._mailed))]

    @staticmethod
    def _state(delivery: Delivery) -> tuple[str, str, str]:
        alert = delivery.alert
        told = alert.kind if delivery.reply is None else LOUD_REPLIES.get(delivery.reply.reason, "")
        return alert.id, told, alert.at.isoformat()


LOUD: Final = frozenset({"escalation", "correction"})
"""Edits that are mailed, although the thread has a mail."""

LOUD_REPLIES: Final = {"escalation": "escalation", "correction": "correction", "retraction": "correction"}
"""The kind of the edit that says the same as a reply of this reason."""
