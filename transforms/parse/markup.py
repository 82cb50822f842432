"""Parse, the words in the markup: HTML fragments to paragraphs, titles to one plain line.

Pure and linear: no regular expression here can run wild, and the tree is walked without recursion.
"""

from __future__ import annotations

import html
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from transforms.parse.decoding import plain

TITLE_LIMIT = 500
"""Characters that a title may have; a longer one is cut at a word and kept whole in ``extra``."""

ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
INLINE = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|img|ins|kbd|mark|nobr|q|s|samp|small|span|strike|strong"
    "|sub|sup|tt|u|var|wbr"
)
BLOCK = (
    "address|article|aside|blockquote|body|br|center|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|h[1-6]"
    "|header|hr|html|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
DROPPED = re.compile(
    "script|style|noscript|template|iframe|svg|math|object|embed|applet|video|audio|canvas|map|head|title|meta|link"
    "|button|select|textarea|input|form|nav"
)
BLOCKS = re.compile(BLOCK)
CELLS = frozenset(("td", "th"))
INLINE_TAG = re.compile(rf"</?(?:{INLINE})(?:[\s/][^<>]*)?>", re.IGNORECASE)
BLOCK_TAG = re.compile(rf"</?(?:{BLOCK}|script|style)(?:[\s/][^<>]*)?>|<!--[^<>]*-->", re.IGNORECASE)
PARAGRAPH_TAG = re.compile(r"</?(?:p|br|div|li|h[1-6]|blockquote)(?:[\s/][^<>]*)?>", re.IGNORECASE)
SPACES = re.compile(r"[ \t\n\r\f\v]+")
SPACED = re.compile(r"  +")
AROUND_BREAK = re.compile(r" ?\n ?")
BREAKS = re.compile(r"\n{2,}")
NESTED = re.compile(
    r"<(/?)(?!(?:p|li|td|tr|dd|dt|br|hr|img|input|link|meta|wbr|source|col)\b)[a-z]", re.IGNORECASE
)
ROUNDS = 3
DEPTH = 2000
"""Elements that may be open at once; the HTML parser's time grows with the square of it."""


def unescape(text: str) -> str:
    """Entities resolved until nothing changes, at most three times: doubly escaped titles are endemic."""
    for _ in range(ROUNDS):
        once = ENTITY.sub(lambda found: html.unescape(found[0]), text)
        if once == text:
            break
        text = once
    return text


def headline(raw: str) -> str | None:
    """One plain line from a title that may carry escaped entities and markup; None where nothing is left."""
    text = BLOCK_TAG.sub(" ", INLINE_TAG.sub("", unescape(raw)))
    return " ".join(plain(text).split()) or None


def bounded(title: str | None) -> tuple[str | None, dict[str, str]]:
    """The title within its limit, cut at a word, and the whole of it for ``extra`` where it was cut."""
    if title is None or len(title) <= TITLE_LIMIT:
        return title, {}
    cut = title[:TITLE_LIMIT].rpartition(" ")[0] or title[:TITLE_LIMIT]
    return cut.rstrip() + "…", {"title": title}


def has_markup(text: str) -> bool:
    """Whether a text that may be HTML is HTML: it has a tag that we know."""
    return "<" in text and (INLINE_TAG.search(text) or BLOCK_TAG.search(text)) is not None


def paragraphs(source: str, *, markup: bool = True) -> str:
    """The text of an HTML fragment, its blocks apart by a blank line.

    Markup that was escaped once too often is read as the markup it was meant to be.

    Args:
        source: the fragment.
        markup: False where it is said to be plain text; entities in it are resolved all the same.
    """
    if not markup and not has_markup(source):
        return _tidy(unescape(source))
    text = _text_of(source)
    for _ in range(ROUNDS - 1):
        if not PARAGRAPH_TAG.search(text):
            break
        text = _text_of(text)
    return text


def _tidy(text: str) -> str:
    lines = (line.strip(" \t") for line in plain(text).split("\n"))
    return BREAKS.sub("\n\n", "\n".join(lines)).strip()


def too_deep(source: str) -> bool:
    """Whether more elements are open at once than any publisher means to have."""
    if source.count("<") <= DEPTH:
        return False
    depth = 0
    for found in NESTED.finditer(source):
        depth += -1 if found[1] else 1
        if depth > DEPTH:
            return True
    return False


def _text_of(source: str) -> str:
    source = plain(source)  # the parser wants sound UTF-8
    if too_deep(source):
        return _tidy(unescape(INLINE_TAG.sub("", BLOCK_TAG.sub("\n\n", source))))
    body = LexborHTMLParser(source).body
    return "" if body is None else text_of(body)


def text_of(node: LexborNode) -> str:
    """The text below a node, its blocks apart by a blank line; scripts, styles and controls are left out."""
    parts: list[str] = []
    open_blocks: list[str] = []
    current: LexborNode | None = node.first_child
    while current is not None:
        tag = current.tag or ""
        below = None
        if current.is_text_node:
            parts.append(SPACES.sub(" ", current.text_content or ""))
        elif tag == "br":
            parts.append("\n")
        elif current.is_element_node and not DROPPED.fullmatch(tag):
            below = current.first_child
            mark = " " if tag in CELLS else "\n\n" if BLOCKS.fullmatch(tag) else ""
            parts.append(mark)
            if below is not None:
                open_blocks.append(mark)
        if below is not None:
            current = below
            continue
        while current is not None and current.next is None:
            if not open_blocks:
                current = None
                break
            parts.append(open_blocks.pop())
            current = current.parent
        current = None if current is None else current.next
    text = SPACED.sub(" ", "".join(parts))
    return BREAKS.sub("\n\n", AROUND_BREAK.sub("\n", text)).strip(" \n")
