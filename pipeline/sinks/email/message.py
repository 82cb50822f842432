"""The e-mail sink, one mail as bytes: headers that nothing from an article can add to, and two bodies.

Headers are written by the older of Python's two interfaces, with every text as encoded words of our own: the newer one
reads what it is given as a header, and so decodes what an article spells as encoded words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.charset import BASE64, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime
from typing import Final

from pipeline.sinks import wording
from pipeline.sinks.email.pages import html
from pipeline.sinks.email.text import text
from pipeline.sinks.hostile import clip, harmless
from transforms.article import Delivery

SUBJECT: Final = 160
"""Characters of a subject's headline."""

_UTF8 = Charset("utf-8")
_UTF8.header_encoding = BASE64
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9.-]")
_WIRE = compat32.clone(linesep="\r\n", max_line_length=76)


def message_id(known: str, sender: str) -> str:
    """The id of the mail of this delivery: ``<4f2c…@example.org>``."""
    domain = sender.rpartition("@")[2].lower()
    return f"<{_NOT_IN_AN_ID.sub('-', known)[:64]}@{_NOT_IN_AN_ID.sub('-', domain)}>"


def subject(delivery: Delivery, *, again: bool) -> str:
    """``[high] Envoy warns of forged orders``; ``again`` begins with ``Re:``; a digest says what it is."""
    if (digest := delivery.digest) is not None:
        many = wording.plural(len(digest.alerts) + digest.more, "alert")
        return f"{clip(harmless(digest.title) or 'Digest', SUBJECT)}: {many}"
    return f"{'Re: ' if again else ''}[{delivery.alert.severity}] {clip(wording.headline(delivery.alert), SUBJECT)}"


def mail(
    delivery: Delivery,
    *,
    sender: str,
    receivers: Sequence[str],
    own: str,
    first: str | None,
    at: datetime,
    names: Mapping[str, str],
) -> bytes:
    """The mail as it goes over the wire: ASCII, lines of at most 76 characters, CR LF.

    Args:
        delivery: what is told.
        sender: an address in ASCII.
        receivers: addresses in ASCII.
        own: the id of this mail.
        first: the id of the mail that opened the thread, or None.
        at: when it is sent.
        names: what entities are called, by id.
    """
    whole = MIMEMultipart("alternative", _boundary(own), policy=_WIRE)
    whole["From"] = f"Tocsin <{sender}>"
    whole["To"] = ", ".join(receivers)
    known = _encoded(subject(delivery, again=first is not None))
    whole["Subject"] = known  # type: ignore[assignment]  # typeshed knows text alone
    whole["Date"] = format_datetime(at)
    whole["Message-ID"] = own
    if first is not None:
        whole["In-Reply-To"] = first
        whole["References"] = first
    # Nobody's out-of-office note comes back, and no mailing list takes it for a person's.
    whole["Auto-Submitted"] = "auto-generated"
    whole["Tocsin-Delivery"] = own[1:].partition("@")[0]
    for kind, said in (("plain", text(delivery, names)), ("html", html(delivery, names))):
        whole.attach(MIMEText(said, kind, "utf-8", policy=_WIRE))
    return whole.as_bytes()


def _encoded(said: str) -> Header:
    """All of it as encoded words where it is not plain ASCII, or might be read as encoded words."""
    plain = said.isascii() and "=?" not in said
    return Header(said, "us-ascii" if plain else _UTF8, maxlinelen=76, header_name="Subject")


def _boundary(own: str) -> str:
    # Both parts are in base64, where no line begins with dashes.
    return f"--tocsin-{own[1:].partition('@')[0]}"
