"""A mail server on loopback that keeps what it is given: STARTTLS, TLS and log-in, and refusals by script.

Needs aiosmtpd, a test dependency.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(frozen=True)
class Kept:
    """One mail, as it came.

    Attributes:
        sender: as the envelope says.
        receivers: the same.
        content: the bytes.
        tls: whether they came over TLS.
        user: who had logged in.
    """

    sender: str
    receivers: tuple[str, ...]
    content: bytes
    tls: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        """The mail, read as a mail program reads it."""
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class Script:
    """What goes wrong next; each is said once, and those of receivers and log-in always.

    Attributes:
        sender: the answer to MAIL.
        receivers: the answers to RCPT, by address.
        data: the answer to the mail itself.
        hang_up: whether the line is cut once the mail has come: after it was kept, or before.
        login: the answer to AUTH.
    """

    sender: str | None = None
    receivers: dict[str, str] = field(default_factory=dict)
    data: str | None = None
    hang_up: str | None = None
    login: str | None = None


class MailServer:
    """One server.

    Args:
        tls: what it speaks TLS with; None: it does not.
        implicit: whether it begins with TLS, in place of STARTTLS.
        accounts: passwords by user, with STARTTLS; where there are any, nobody gets in without.

    Attributes:
        kept: every mail, in order.
        script: what goes wrong.
        spoken: every command but AUTH, in order.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        *,
        implicit: bool = False,
        accounts: dict[str, str] | None = None,
    ) -> None:
        self.kept: list[Kept] = []
        self.script = Script()
        self.port = 0
        self._tls, self._implicit, self._accounts = tls, implicit, accounts or {}
        self._loop = asyncio.new_event_loop()
        self._lines: list[SMTP] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        server = self._loop.run_until_complete(
            self._loop.create_server(
                self._protocol, "127.0.0.1", 0, ssl=self._tls if self._implicit else None
            )
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        for line in self._lines:
            for transport in (line.transport, line._original_transport):
                if transport is not None:
                    transport.abort()  # type: ignore[attr-defined]
        tasks = asyncio.all_tasks(self._loop) - {asyncio.current_task(self._loop)}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # what was cut is closed in the next round

    def _protocol(self) -> SMTP:
        starttls = self._tls is not None and not self._implicit
        line = SMTP(
            _Handler(self),
            hostname="mail.test",
            ident="double",
            loop=self._loop,
            tls_context=self._tls if starttls else None,
            require_starttls=starttls,
            authenticator=self._authenticate if self._accounts else None,
            auth_required=bool(self._accounts),
            auth_require_tls=starttls or not self._accounts,
            timeout=30,
        )
        self._lines.append(line)
        return line

    def _authenticate(
        self, _server: SMTP, session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        if self.script.login is not None:
            return AuthResult(success=False, handled=False, message=self.script.login)
        assert isinstance(data, LoginPassword)
        user = data.login.decode()
        if self._accounts.get(user) != data.password.decode():
            return AuthResult(success=False, handled=False)
        session.user = user  # type: ignore[attr-defined]
        return AuthResult(success=True)


class _Handler:
    def __init__(self, house: MailServer) -> None:
        self._house = house

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        script = self._house.script
        if script.sender is not None:
            said, script.sender = script.sender, None
            return said
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        refusal = self._house.script.receivers.get(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        script = self._house.script
        if script.data is not None:
            said, script.data = script.data, None
            return said
        if script.hang_up != "before":
            content = envelope.content
            assert isinstance(content, bytes)
            self._house.kept.append(
                Kept(
                    str(envelope.mail_from),
                    tuple(envelope.rcpt_tos),
                    content,
                    tls=session.ssl is not None or self._house._implicit,
                    user=getattr(session, "user", None),
                )
            )
        if script.hang_up is not None:
            script.hang_up = None
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
        return "250 OK"
