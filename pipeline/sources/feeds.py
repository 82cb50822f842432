"""Sources, the feed as the configuration names it: where it is, who publishes it, how often it is asked.

``fetch`` gets one feed over HTTP, ``polling`` makes a round over all of them.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from transforms.lengths import Length

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
WEB = re.compile(r"https?://", re.IGNORECASE)
FEED_ID = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"


def _url(value: str) -> str:
    value = value.strip()
    if not WEB.match(value):
        if SCHEME.match(value):
            raise ValueError("must begin with http:// or https://, or be the path of a file")
        return value
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not value.isprintable() or " " in value:
        raise ValueError("is no URL: write it as https://www.example.org/rss.xml")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a user name or password does not belong in a feed's URL")
    return value


class Feed(BaseModel):
    """One feed that is polled.

    Attributes:
        id: lower-case words with dashes; names the feed everywhere and must not change.
        url: an http or https URL, or the path of a file, relative to the file that names it.
        outlet: who publishes all of it; None where the feed itself says so, or carries several.
        every: it is not asked more often than this; the server may ask for longer.
        backfill_after: what was published longer than this before the feed was first read is back catalogue:
            stored and linked, never rung as news. A feed that is a file has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: Annotated[str, Field(pattern=FEED_ID, max_length=100)]
    url: Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_url)]
    outlet: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    every: Annotated[Length, Field(ge=timedelta(seconds=1), le=timedelta(days=7))] = timedelta(minutes=15)
    backfill_after: Annotated[Length, Field(ge=timedelta(0))] = timedelta(days=2)

    @property
    def polled(self) -> bool:
        """Whether it is asked over HTTP; else it is a file."""
        return bool(WEB.match(self.url))

    @property
    def host(self) -> str:
        """The host that is asked, in lower case; empty for a file."""
        return (urlsplit(self.url).hostname or "") if self.polled else ""

    @property
    def own_host(self) -> str | None:
        """The host, where the URL itself says that it is on this machine or names a private address.

        A name that merely leads to a private address is not meant here: whoever owns the name could point it there.
        """
        host = self.host
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return host if host == "localhost" or host.endswith(".localhost") else None
        return host
