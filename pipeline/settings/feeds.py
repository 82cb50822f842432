"""The feeds that a settings file names: in itself, or in files of their own. Every fault, each at its place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from pipeline.settings.faults import fault_at, faults_of, secret_faults, without_secrets
from pipeline.settings.files import beside, is_remote, read_config, yaml_files
from pipeline.settings.sheet import Block, KeyPath, Listing, read_sheet
from pipeline.sources.feeds import Feed
from transforms.errors import Fault, Faults

Entry = tuple[Any, str, KeyPath, Any]
"""A feed as it is written: the document and file it stands in, its key path there, and what stands there."""


def read_feeds(document: Block, file: str) -> tuple[tuple[Feed, ...], list[Fault], list[Fault]]:
    """The feeds of a settings document, files relative to where they are named, and every fault.

    Args:
        document: the settings file as ``read_sheet`` gave it.
        file: that file, as named in errors.

    Returns:
        The feeds, what is wrong with how they are written, and the files among them that are not there: only
        what polls needs those.
    """
    faults: list[Fault] = []
    absent: list[Fault] = []
    feeds: dict[str, Feed] = {}
    places: dict[str, str] = {}
    for sheet, path, place, value in _entries(document, file, faults):
        if not isinstance(value, Block):
            faults.append(fault_at(sheet, path, place, "must be a feed: a mapping with id and url"))
            continue
        # Those of the settings file itself are told of by whoever reads that file.
        secrets = [] if sheet is document else list(secret_faults(sheet, path, place))
        try:
            feed = Feed.model_validate(value)
        except ValidationError as error:
            faults += without_secrets(faults_of(error, Feed, sheet, path, place), secrets)
            continue
        if secrets:
            faults += without_secrets((), secrets)
        elif feed.id in feeds:
            wrong = f"the feed {feed.id!r} stands in {places[feed.id]} already: give one of them another id"
            faults.append(fault_at(sheet, path, (*place, "id"), wrong))
        else:
            places[feed.id] = f"{path}:{value.lines.get('id', value.line)}"
            feeds[feed.id] = feed.model_copy(update={"url": beside(path, feed.url)})
            wrong = _missing(feeds[feed.id])
            if wrong:
                absent.append(fault_at(sheet, path, (*place, "url"), wrong))
    return tuple(feeds.values()), faults, absent


def _missing(feed: Feed) -> str:
    """Why a feed that is a file on this machine cannot be read; empty where it can, or where it is polled."""
    here = feed.polled or is_remote(feed.url) or os.path.isfile(feed.url)  # noqa: PTH113 - false where the name is no path
    return "" if here else f"there is no file {feed.url}"


def _entries(document: Block, file: str, faults: list[Fault]) -> Iterator[Entry]:
    named = document.get("feeds")
    if named is None:
        return
    if not isinstance(named, (str, Listing)):
        faults.append(
            fault_at(document, file, ("feeds",), "must be the path of a feeds file, or a list of feeds")
        )
        return
    listed: list[tuple[KeyPath, Any]] = [(("feeds",), named)]
    if isinstance(named, Listing):
        listed = [(("feeds", index), item) for index, item in enumerate(named)]
    for place, item in listed:
        if not isinstance(item, str):
            yield document, file, place, item
            continue
        try:
            paths = yaml_files(beside(file, item))
        except Fault as fault:
            faults.append(fault_at(document, file, place, str(fault)))
            continue
        for path in paths:
            yield from _entries_of(path, faults)


def _entries_of(path: str, faults: list[Fault]) -> Iterator[Entry]:
    try:
        documents = read_sheet(read_config(path), path)
    except Fault as fault:
        faults.append(fault)
        return
    except Faults as several:
        faults += several.faults
        return
    for sheet in documents:
        if not isinstance(sheet, Listing):
            faults.append(fault_at(sheet, path, (), "must be a list of feeds: each begins with a dash"))
            continue
        for index, item in enumerate(sheet):
            yield sheet, path, (index,), item
