"""The e-mail sink, the mail server: one connection, one mail, and an error that says whether it may have been taken.

smtplib speaks. A line that was to be safe is never used in the clear, and nothing is handed over twice in one call.
"""

from __future__ import annotations

import logging
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from pipeline.sinks.hostile import clip, harmless
from pipeline.sinks.spec import PORTS, EmailSpec
from pipeline.watchdog import Watchdog
from transforms.errors import Poison, Refused, Retry

TIMEOUT: Final = 30.0
"""Seconds for one mail, all in all; servers look long at what they take."""

TOO_LARGE: Final = 552
"""Said of a mail; said of a mail box, it is full."""
LOG_IN: Final = frozenset({530, 534, 535, 538})
"""Log in first, or otherwise."""

log = logging.getLogger(__name__)

Trouble = Retry | Refused | Poison


@dataclass(frozen=True)
class Account:
    """Who logs in, and where the password lies; shows it to nobody."""

    user: str
    password: str = field(repr=False)
    held: str


@dataclass(frozen=True)
class Mail:
    """One mail.

    Attributes:
        receivers: who gets it.
        content: all of it, as it goes over the wire.
        patient: whether all wait where one mail box does not take mail now.
    """

    receivers: tuple[str, ...]
    content: bytes
    patient: bool = True


class Server:
    """The mail server of a sink.

    Args:
        spec: where it is, and how to speak to it.
        account: who logs in, or None.
        timeout: seconds for one mail, all in all.
    """

    def __init__(self, spec: EmailSpec, account: Account | None, timeout: float):
        self._spec, self._account, self._timeout = spec, account, timeout
        self._port = spec.port or PORTS[spec.security]
        self._said = f"sink {spec.name}: mail server {spec.host}:{self._port}"
        # Reads SSL_CERT_FILE, where a house has certificates of its own.
        self._tls = ssl.create_default_context() if spec.security != "none" else None

    def take(self, mail: Mail) -> None:
        """Hand over one mail.

        Raises:
            Retry: the server cannot be reached or does not take it now; ``unknown`` where it may have taken it.
            Refused: it never takes it so: what to change.
            Poison: it never takes this mail.
        """
        trouble = self._hand_over(mail)
        if trouble is not None:
            raise trouble  # not where it was caught: what was caught may hold the password

    def _hand_over(self, mail: Mail) -> Trouble | None:
        with Watchdog(self._timeout) as watchdog:
            try:
                server = self._connected(watchdog)
            except (OSError, UnicodeError) as error:
                return self._not_reached(error, watchdog)
            try:
                return self._greet(server, watchdog) or self._addressed(server, mail, watchdog)
            finally:
                _leave(server)

    def _connected(self, watchdog: Watchdog) -> smtplib.SMTP:
        # Its own name is nobody's business, and asking for it may take long: the sender's domain stands in its place.
        name = self._spec.sender.rpartition("@")[2]
        server = (
            smtplib.SMTP_SSL(local_hostname=name, timeout=self._timeout, context=self._tls)
            if self._spec.security == "tls"
            else smtplib.SMTP(local_hostname=name, timeout=self._timeout)
        )
        server._host = self._spec.host  # type: ignore[attr-defined]  # noqa: SLF001 - by which SMTP_SSL checks the certificate
        watchdog.watch(lambda: getattr(server, "sock", None))
        code, answer = server.connect(self._spec.host, self._port)
        if code != 220:  # noqa: PLR2004 - SMTP: ready
            server.close()
            raise smtplib.SMTPConnectError(code, answer)
        return server

    def _greet(self, server: smtplib.SMTP, watchdog: Watchdog) -> Trouble | None:
        """Say hello, make the line safe, log in."""
        try:
            server.ehlo_or_helo_if_needed()
            if self._spec.security == "starttls":
                if not server.has_extn("starttls"):
                    return Refused(
                        f"{self._said}: it offers no STARTTLS, and nothing goes in the clear: write security: tls, or"
                        " another port"
                    )
                server.starttls(context=self._tls)
                server.ehlo_or_helo_if_needed()
            if self._account is not None:
                if not server.has_extn("auth"):
                    return Refused(
                        f"{self._said}: it lets nobody log in here: leave user out, or write another port"
                    )
                server.login(self._account.user, self._account.password)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code < 500:  # noqa: PLR2004 - SMTP: for now
                return Retry(f"{self._said}: it cannot check the password now ({error.smtp_code})")
            held = self._account.held if self._account is not None else "password"
            return Refused(
                f"{self._said}: it does not take user and password ({error.smtp_code}): correct user of this sink,"
                f" or the {held}"
            )
        except smtplib.SMTPResponseException as error:
            return self._answered(error.smtp_code, error.smtp_error, "does not begin")
        except OSError as error:
            return self._not_reached(error, watchdog)
        return None

    def _addressed(self, server: smtplib.SMTP, mail: Mail, watchdog: Watchdog) -> Trouble | None:
        """Say from whom and to whom; then hand over the mail to those whom the server knows."""
        options = [f"size={len(mail.content)}"] if server.does_esmtp and server.has_extn("size") else []
        refused: list[tuple[str, int, bytes]] = []
        try:
            code, answer = server.mail(self._spec.sender, options)
            if code != 250:  # noqa: PLR2004 - SMTP: done
                what = f"does not take mail from {self._spec.sender}"
                return self._answered(code, answer, what, of_the_mail=code == TOO_LARGE)
            for receiver in mail.receivers:
                code, answer = server.rcpt(receiver)
                if code not in {250, 251}:
                    refused.append((receiver, code, answer))
        except OSError as error:
            return self._not_reached(error, watchdog)
        if refused:
            receiver, code, answer = min(refused, key=lambda each: each[1])
            trouble = self._answered(code, answer, f"does not take mail for {receiver}")
            if len(refused) == len(mail.receivers) or (isinstance(trouble, Retry) and mail.patient):
                return trouble  # none of the receivers has it yet: all get it later, and none twice
        trouble_at_the_end = self._data(server, mail.content, watchdog)
        if trouble_at_the_end is None:
            for receiver, code, answer in refused:
                log.error(
                    "%s; the others got it",
                    self._answered(code, answer, f"does not take mail for {receiver}"),
                )
        return trouble_at_the_end

    def _data(self, server: smtplib.SMTP, content: bytes, watchdog: Watchdog) -> Trouble | None:
        try:
            code, answer = server.data(content)
        except smtplib.SMTPDataError as error:  # before any of it went over
            code, answer = error.smtp_code, _bytes(error.smtp_error)
        except OSError as error:
            why = self._why(error, watchdog)
            return Retry(f"{self._said}: no answer to the mail: {why}; it may have been taken", unknown=True)
        if code == 250:  # noqa: PLR2004 - SMTP: taken
            return None
        return self._answered(code, answer, "does not take this mail", of_the_mail=True)

    def _answered(self, code: int, answer: bytes | str, what: str, *, of_the_mail: bool = False) -> Trouble:
        """The error that an answer other than the good one is."""
        told = clip(harmless(_bytes(answer).decode("utf-8", "replace")), 200)
        said = f"{self._said}: it {what}: {code} {told}".rstrip()
        if code in LOG_IN:
            return Refused(f"{said}: write user and password_env of this sink as the server wants them")
        if of_the_mail and code >= 500:  # noqa: PLR2004 - SMTP: for good
            return Poison(f"email-{code}", said)
        if code >= 500:  # noqa: PLR2004 - SMTP: for good
            return Refused(f"{said}: correct from, to or channels of this sink, or let it relay")
        return Retry(said)  # 4xx, and what is no answer of a mail server at all

    def _not_reached(self, error: Exception, watchdog: Watchdog) -> Retry | Refused:
        if isinstance(error, smtplib.SMTPResponseException):
            trouble = self._answered(error.smtp_code, error.smtp_error, "takes no mail from here")
            return trouble if isinstance(trouble, Retry) else Refused(str(trouble))
        if isinstance(error, UnicodeError):
            return Refused(f"{self._said}: this can be no host name: correct host of this sink")
        return Retry(f"{self._said}: not reached: {self._why(error, watchdog)}")

    def _why(self, error: Exception, watchdog: Watchdog) -> str:
        if watchdog.barked or isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            return f"no answer within {self._timeout:g} s"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({harmless(error.verify_message)})"
        if isinstance(error, ssl.SSLError):
            return f"no safe connection ({error.reason or 'TLS failed'}); is security of this sink right for the port?"
        if isinstance(error, socket.gaierror):
            return "no such name"
        return (isinstance(error, OSError) and error.strerror) or "the connection broke"


def _bytes(answer: bytes | str) -> bytes:
    return answer if isinstance(answer, bytes) else answer.encode("utf-8", "replace")


def _leave(server: smtplib.SMTP) -> None:
    """Say good-bye; whatever comes of that, the mail is where it is."""
    with suppress(OSError):
        server.quit()
    server.close()
