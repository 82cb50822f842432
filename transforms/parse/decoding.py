"""Parse, the first door: bytes to text, whatever they claim to be.

Nothing here fails on odd bytes: what is text comes out as text, what is not is Poison with its reason.
Every way through is linear in the length of the input.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from transforms.errors import Poison

LIMIT = 15 * 1024 * 1024
"""Bytes that one text, page or feed may have."""

MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x7fELF", "a program"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x1f\x8b\x08", "gzip data"),
    (b"\xfd7zXZ", "xz data"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x28\xb5\x2f\xfd", "zstandard data"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"Rar!\x1a", "a rar archive"),
    (b"OggS\x00", "Ogg media"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\x00asm", "a program"),
)
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # UTF-32 LE begins like UTF-16 LE, so it is asked first
CONTROLS = bytes([*range(9), *range(14, 27), *range(28, 32), 127])
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
WORDS = re.compile(r"[^\s\ufeff\u200b-\u200f\u2060\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Anything that is neither blank nor a control character."""

CHARSET = re.compile(
    r"ascii|iso8859-\d+|cp\d+|koi8-[rut]|gb\d+\w*|hz|big5\w*|shift_jis\w*|euc_\w+|iso2022_\w+|johab|mac-\w+"
    r"|tis-620|utf-?(?:8|16|32)\S*|ptcp154|kz1048|hp-roman8"
)
MEANT = {  # what publishers say, and what they mean
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
DECLARED = re.compile(rb"""(?:encoding|charset)\s{0,9}=\s{0,9}["']?([A-Za-z0-9._:-]{2,40})""")
HEAD = 4096
SAMPLE = 65536
NOISE_IN_UTF8 = 0.3
NOISE_ELSEWHERE = 0.05
FEW = 3
WESTERN = 0.2
ENOUGH = 64
"""Bytes below which a charset cannot be told from the text."""


def decode(
    body: bytes, content_type: str | None = None, *, limit: int = LIMIT, controls: bool = False
) -> str:
    """The text of these bytes.

    Valid UTF-8 wins; then a byte order mark, the charset that the server or the document declares,
    and detection. Control characters are dropped (``controls`` keeps them, for input whose own grammar
    deals with them).

    Raises:
        Poison: ``empty``, ``too-large``, ``binary``.
    """
    if len(body) > limit:
        raise Poison("too-large", f"{len(body):,} bytes; the limit is {limit:,}")
    for magic, name in MAGIC:
        if body.startswith(magic):
            raise Poison("binary", f"{name}, not text")
    text = _marked(body)
    if text is None:
        text = _unmarked(body, content_type)
    if WORDS.search(text) is None:
        raise Poison("empty", f"no text in {len(body):,} bytes" if body else "no bytes at all")
    return text if controls else plain(text)


def plain(text: str) -> str:
    r"""The text without control characters, lone surrogates and non-characters; line ends are ``\n``."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x0c" in text:
        text = text.replace("\x0c", "\n")
    return CONTROL.sub("", text) if CONTROL.search(text) else text


def storable(text: str) -> str:
    """The text as given, but for what no store and no UTF-8 can hold: NULs go, lone surrogates become U+FFFD."""
    try:
        if b"\x00" not in text.encode():
            return text
    except UnicodeEncodeError:
        pass  # mended below
    return text.replace("\x00", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def charset(content_type: str | None, head: bytes) -> str | None:
    """The codec that the server, else the document's own head, declares; None where Python has no such text codec."""
    said = [found[1] for found in [DECLARED.search((content_type or "").encode("ascii", "ignore"))] if found]
    said += [found[1] for found in [DECLARED.search(head[:HEAD])] if found]
    for name in said:
        try:
            codec = codecs.lookup(name.decode("ascii")).name
        except (LookupError, ValueError):
            continue
        if CHARSET.fullmatch(codec):
            return MEANT.get(codec, codec)
    return None


def _marked(body: bytes) -> str | None:
    for mark, codec in BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    # a fifth NULs: wide characters without a mark, or no text
    if b"\x00" in body and body.count(b"\x00") * 5 > len(body):
        for codec, zeros in (("utf-16-le", body[1::2]), ("utf-16-be", body[::2])):
            if zeros.count(b"\x00") * 10 > len(zeros) * 9:
                try:
                    return body.decode(codec)
                except UnicodeDecodeError:
                    continue
    return None


def _unmarked(body: bytes, content_type: str | None) -> str:
    noise = len(body) - len(body.translate(None, CONTROLS))
    try:
        text = body.decode()
    except UnicodeDecodeError:
        _no_noise(noise, len(body), NOISE_ELSEWHERE)
        return _legacy(body, content_type)
    _no_noise(noise, len(body), NOISE_IN_UTF8)
    return text


def _no_noise(noise: int, size: int, share: float) -> None:
    if noise > max(FEW, size * share):
        raise Poison("binary", f"{noise:,} of {size:,} bytes are control characters: not text")


def _legacy(body: bytes, content_type: str | None) -> str:
    declared = charset(content_type, body[:HEAD])
    if declared and not declared.startswith("utf"):
        try:
            return body.decode(declared)
        except UnicodeDecodeError:
            pass  # it is not what it claims: look for ourselves
    high = len(body) - len(body.translate(None, bytes(range(128, 256))))
    guessed = body.decode("utf-8", "replace")
    bad = guessed.count("\ufffd")
    good = len(guessed) - bad - (len(body) - high)
    if good > bad:
        return body.decode("utf-8", STRAY)
    if high > len(body) * WESTERN and len(body) >= ENOUGH:
        found = from_bytes(body[:SAMPLE]).best()
        if found is not None and CHARSET.fullmatch(codecs.lookup(found.encoding).name):
            return body.decode(found.encoding, "replace")
    return body.decode("cp1252", STRAY)


def _stray(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    byte = error.object[error.start : error.start + 1]
    return byte.decode("cp1252", "replace") if error.encoding != "charmap" else "\ufffd", error.start + 1


STRAY = "tocsin-stray"
codecs.register_error(STRAY, _stray)
