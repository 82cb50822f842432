"""Identity: when two articles are one, and the id that an article has whoever meets it first.

A URL is compared without what only tracks the reader, a text by its letters and digits alone, an outlet by
the words of its name. ``pipeline/store`` asks these questions of every article that comes in.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit, urlunsplit

from transforms.article import Article, fingerprint
from transforms.stories import outlet_key

SHORT = 120
"""Letters and digits below which a text alone is no identity ("Watch live:"): its title is read with it."""

TRACKING = re.compile(
    r"(?:utm_|at_|hsa_|pk_|mtm_|stm_|__cft__|__tn__).*"
    r"|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|li_fat_id|igshid|igsh|mc_cid|mc_eid"
    r"|mkt_tok|_ga|_gl|_hsenc|_hsmi|vero_id|oly_enc_id|oly_anon_id|wickedid|ref_src|ref_url|cmpid|ftag|smid|xtor"
    r"|ocid|ns_mchannel|ns_source|ns_campaign|ns_linkname|ns_fee|__twitter_impression|guccounter"
    r"|guce_referrer|guce_referrer_sig|spm|s_cid|ito",
    re.IGNORECASE,
)
"""Query keys that say how a reader came to the page, never which page it is."""

_CANONICAL = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*/[\w.,:;=!$&'()*+~@%/-]*", re.ASCII)
"""A URL with nothing to take away, as most are: host in lower case, path, no query."""

_PORTS = {"http": 80, "https": 443}
_GLOBAL_GUID = re.compile(r"(?:[a-z][a-z0-9+.-]*://|tag:|urn:)", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_NO_LETTER = re.compile(r"[\W_]+")
_ASCII = bytes(range(128))
_BEYOND = bytes(range(128, 256))
_LOWER = bytes(range(256)).lower()
_NO_WORD = bytes(code for code in range(128) if not chr(code).isalnum()) + _BEYOND
_TYPOGRAPHY = "‘’“”–—…"


def canonical_url(url: str) -> str:
    """The URL without fragment, credentials, default port and tracking keys, its scheme and host in lower case.

    Path and the other query keys stay as they are, in their order. What is no URL comes back stripped.
    """
    if _CANONICAL.fullmatch(url):
        return url
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return url.strip()
    if not host:
        return url.strip()
    host = f"[{host}]" if ":" in host else host.rstrip(".")
    if port is not None and port != _PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    query = "&".join(
        pair for pair in parts.query.split("&") if pair and not TRACKING.fullmatch(pair.partition("=")[0])
    )
    return urlunsplit(SplitResult(parts.scheme, host, parts.path or "/", query, ""))


@lru_cache(maxsize=1024)
def url_key(url: str | None) -> str | None:
    """What stands for this URL when two are compared, or None where it names no single page.

    http and https are one page; a site's front page is where a broken feed links all of its entries.
    """
    if not url or not url.strip():
        return None
    key = _WEB.sub("", canonical_url(url))
    host, slash, rest = key.partition("/")
    return key if rest or not (host and slash) else None


def guid_key(article: Article) -> str | None:
    """What stands for this article's guid within its feed; http and https are one.

    Without a feed only a guid that is unique in the world counts: a URL, a tag or a URN.
    """
    guid = (article.guid or "").strip()
    if not guid or (article.feed is None and not _GLOBAL_GUID.match(guid)):
        return None
    return f"{article.feed or ''}\n{_WEB.sub('', guid)}"


@lru_cache(maxsize=1024)
def _outlet(name: str) -> str | None:
    return outlet_key(name) or None


def outlet_of(article: Article) -> str | None:
    """The outlet's name as it is compared, or None where it is unknown."""
    return _outlet(article.outlet) if article.outlet else None


def text_print(article: Article) -> str:
    """32 hexadecimal digits that stand for the text: its letters and digits, whatever their case.

    Quotation marks, dashes, spaces and markup do not count, so that two recordings of one article agree. A
    text shorter than ``SHORT`` is taken with its title. Empty where there is no letter at all.
    """
    letters, other = _letters(article.text)
    if len(letters) + len(other) < SHORT and article.title:
        letters, other = _letters(f"{article.text}\n{article.title}")
    if not letters and not other:
        return ""
    digest = hashlib.blake2b(letters, digest_size=16)
    digest.update(b"\0" + other.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _letters(text: str) -> tuple[bytes, str]:
    # Two streams, ASCII and the rest, because bytes.translate is twenty times faster than a look at each
    # character, and this is done for every article that comes in.
    data = text.encode("utf-8", "surrogatepass")
    other = "" if text.isascii() else data.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    other = other if other.strip(_TYPOGRAPHY) else ""  # quotation marks and dashes alone are no letters
    if other and any(unicodedata.combining(character) for character in set(other)):
        data = unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")
        other = data.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    return data.translate(_LOWER, _NO_WORD), _NO_LETTER.sub("", other).casefold()


def identify(article: Article) -> Article:
    """The article with its deterministic id: of its canonical URL, else of its outlet and text.

    An id that the input already carries stays.
    """
    return article if article.id else article.model_copy(update={"id": identity_of(article)})


def identity_of(article: Article, text: str | None = None) -> str:
    """The article's deterministic id; ``text`` is its ``text_print`` where that is known already."""
    if article.id:
        return article.id
    key = url_key(article.url)
    if key is not None:
        return identity_of_url(key)
    return fingerprint(
        "article", "text", outlet_of(article) or "", text if text is not None else text_print(article)
    )


def identity_of_url(key: str) -> str:
    """The id of the article at this URL, given its ``url_key``."""
    return fingerprint("article", "url", key)
