"""Where in the files a sink, a feed or a watch is written: for what is found out about it only when it is asked.

Reads the files once more; they had no fault when they were read before.
"""

from __future__ import annotations

from pipeline.secrets import Place
from pipeline.settings.feeds import _entries
from pipeline.settings.files import read_config
from pipeline.settings.model import Settings
from pipeline.settings.rules import _shelf
from pipeline.settings.sheet import Block, KeyPath, find, read_sheet, spell
from transforms.errors import Fault
from transforms.watch import Watch


def sink_places(settings: Settings) -> list[Place]:
    """Where each sink stands, in their order: its token where that is named."""
    document = _document(settings)
    return [
        Place(settings.origin)
        if document is None or "sinks" not in document
        else _at(document, settings.origin, _token_of(document, number))
        for number in range(len(settings.sinks))
    ]


def feed_places(settings: Settings) -> dict[str, Place]:
    """Where the URL of each feed stands, by the feed's id."""
    document = _document(settings)
    if document is None:
        return {}
    return {
        str(value.get("id")): _at(sheet, path, (*place, "url"))
        for sheet, path, place, value in _entries(document, str(settings.origin), [])
        if isinstance(value, Block)
    }


def watch_places(settings: Settings) -> dict[str, Place]:
    """Where the channel of each watch stands, by the watch's id."""
    shelf = _shelf("watches", Watch, settings, [])
    return {
        watch.id: _at(document, path, (*place, "channel")) for document, path, place, watch in shelf.entries()
    }


def _document(settings: Settings) -> Block | None:
    if settings.origin is None:
        return None
    try:
        documents = read_sheet(read_config(settings.origin), settings.origin)
    except Fault:  # it is gone since
        return None
    return documents[0] if documents and isinstance(documents[0], Block) else None


def _token_of(document: Block, number: int) -> KeyPath:
    written = find(document, ("sinks", number))[2]
    names = [key for key in ("token_secret", "token_env") if isinstance(written, Block) and key in written]
    return ("sinks", number, *names[:1])


def _at(document: object, path: str | None, key: KeyPath) -> Place:
    place, line, _ = find(document, key)
    return Place(path, line, spell(place) or None)
