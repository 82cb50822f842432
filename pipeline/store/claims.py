"""New? The store's answer to an article: is it new, known, in hand, or changed.

One transaction a batch: two or three questions to the database, then all is decided in memory by pure rules,
then one write per table. Of an article that does not match only fingerprints stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, func, select, text, update

from pipeline.store.many import for_all
from pipeline.store.schema import article_keys, articles, knowledge, plain
from transforms.article import Article, Stopped, fingerprint
from transforms.identity import guid_key, identity_of, identity_of_url, outlet_of, text_print, url_key

Known = Literal["same-guid", "same-url", "same-text"]


@dataclass(frozen=True)
class Verdict:
    """What the store says of an article.

    Attributes:
        kind: new; pending, known from a run that did not finish it: it goes on again as it was; changed, a
            known article with another text: it goes on as its next version; seen: it stops here.
        article: the article to go on with: its id, version and first_seen are the store's.
        reason: by what it was recognised; None for a new one.
    """

    kind: Literal["new", "pending", "seen", "changed"]
    article: Article
    reason: Known | None = None

    @property
    def goes_on(self) -> bool:
        """Whether the rest of the graph has work to do on it."""
        return self.kind != "seen"


def pack(identity: str) -> bytes:
    """An id as it is kept: 16 bytes where it is a fingerprint; an id that the input gave stays readable."""
    if len(identity) == 32 and identity.strip("0123456789abcdef") == "":  # noqa: PLR2004 - 16 bytes in hexadecimal
        return bytes.fromhex(identity)
    if len(identity) > 200 or plain(identity) != identity:  # noqa: PLR2004 - nobody's id; the input is hostile
        return bytes.fromhex(fingerprint("id", identity))
    given = b"=" + identity.encode()
    return given + b"\0" if len(given) == 16 else given  # noqa: PLR2004 - never as long as a fingerprint


def unpack(kept: bytes) -> str:
    """The id that ``pack`` was given."""
    if len(kept) == 16:  # noqa: PLR2004 - a fingerprint
        return kept.hex()
    given = kept[1:16] if len(kept) == 17 and kept.endswith(b"\0") else kept[1:]  # noqa: PLR2004 - see pack
    return given.decode("utf-8", "surrogatepass")


@lru_cache(maxsize=4096)
def _mark(*parts: str) -> bytes:
    return bytes.fromhex(fingerprint(*parts))


@dataclass(slots=True)
class _Prints:
    """The fingerprints of one article that comes in."""

    article: Article
    identity: bytes
    url: bytes | None
    guid: bytes | None
    text: bytes
    outlet: bytes | None
    claimant: bytes


def _prints(article: Article) -> _Prints:
    url, guid, outlet, text = url_key(article.url), guid_key(article), outlet_of(article), text_print(article)
    # The id that a URL gives is the URL's key too: so most articles need no row of keys for it.
    url_id = identity_of_url(url) if url else None
    return _Prints(
        article=article,
        identity=pack(article.id or url_id or identity_of(article, text)),
        url=bytes.fromhex(url_id) if url_id else None,
        guid=bytes.fromhex(fingerprint("guid", guid)) if guid else None,
        text=bytes.fromhex(text),
        outlet=_mark("outlet", outlet) if outlet else None,
        # The same input, met again by a retry or a later run, makes the same claimant; its twin another.
        claimant=bytes.fromhex(fingerprint(article.origin, url or "", guid or "", text)),
    )


@dataclass(slots=True)
class _Kept:
    """One version of an article as the store keeps it, and what this batch does to it."""

    article: bytes
    version: int
    text: bytes
    outlet: bytes | None
    url: bytes | None
    dated: bool
    first_seen: datetime
    run: bytes | None
    claimant: bytes | None
    settled: bool
    ends: str | None = None  # settled by this batch: ``step:reason``
    mine: bool = False  # in hand since this batch
    fresh: bool = False  # to be inserted
    dirty: bool = False  # to be updated


@dataclass
class _Memory:
    """What the store knows that matters to one batch."""

    keys: dict[bytes, bytes] = field(default_factory=dict)
    versions: dict[bytes, list[_Kept]] = field(default_factory=lambda: defaultdict(list))
    texts: dict[bytes, list[_Kept]] = field(default_factory=lambda: defaultdict(list))
    met: dict[bytes, bytes] = field(default_factory=dict)
    learnt: dict[bytes, dict[str, Any]] = field(default_factory=dict)

    def add(self, kept: _Kept) -> None:
        self.versions[kept.article].append(kept)
        if kept.text:
            self.texts[kept.text].append(kept)


def claim(
    tx: Connection,
    insert: Any,
    batch: Sequence[Article],
    now: datetime,
    run: bytes,
    ends: Mapping[int, str] | None = None,
) -> list[Verdict]:
    """One verdict per article, in their order; duplicates inside the batch are found too.

    Args:
        tx: a transaction that may write.
        insert: the dialect's insert, which can leave out what stands there already.
        batch: articles, cleaned.
        now: first_seen of the new ones.
        run: who claims. Within a run an article goes on once, whatever twins of it come in; another run takes
            over what this one did not settle.
        ends: ``step:reason`` of those, by their place in the batch, that go no further if they go on here: they are
            settled with the claim.
    """
    prints = [_prints(article) for article in batch]
    memory = _recall(tx, prints)
    verdicts: list[Verdict] = []
    for place, each in enumerate(prints):
        verdict = _judge(memory, each, now, run)
        if ends and place in ends and verdict.goes_on:
            _end(memory, verdict.article, ends[place])
        verdicts.append(verdict)
    _write(tx, insert, memory, now)
    return verdicts


def _end(memory: _Memory, article: Article, ends: str) -> None:
    for kept in memory.versions[pack(article.id)]:
        if kept.version == article.version:
            kept.ends, kept.settled, kept.run, kept.claimant = ends, True, None, None
            kept.dirty = not kept.fresh


def _recall(tx: Connection, prints: Sequence[_Prints]) -> _Memory:
    memory = _Memory()
    urls = {each.url for each in prints if each.url}
    asked = urls | {each.guid for each in prints if each.guid}
    if asked:
        memory.keys.update(
            (row.key, row.article)
            for row in tx.execute(select(article_keys).where(article_keys.c.key.in_(asked)))
        )
    ids = {each.identity for each in prints} | urls | set(memory.keys.values())
    texts = {each.text for each in prints if each.text}
    if texts:
        ids.update(tx.scalars(select(articles.c.article).where(articles.c.text.in_(texts))))
    rows = tx.execute(_VERSIONS.where(articles.c.article.in_(ids))).all() if ids else []
    for row in sorted(rows, key=lambda row: (row.first_seen, row.article, row.version)):
        memory.add(_Kept(*row))
    return memory


_VERSIONS = select(
    articles.c.article,
    articles.c.version,
    articles.c.text,
    articles.c.outlet,
    articles.c.url,
    articles.c.dated,
    articles.c.first_seen,
    articles.c.run,
    articles.c.claimant,
    articles.c.settled.is_not(None),
)


def _judge(memory: _Memory, new: _Prints, now: datetime, run: bytes) -> Verdict:
    changed: tuple[bytes, Known] | None = None
    for identity, reason in _met_before(memory, new):
        versions = memory.versions[identity]
        for kept in versions:
            if kept.text == new.text:
                return _known(memory, kept, new, reason, run)
        # One guid on two pages with two texts is a feed that repeats its guids, not an article that changed.
        elsewhere = reason != "same-url" and new.url and versions[-1].url and new.url != versions[-1].url
        if changed is None and not elsewhere:
            changed = identity, "same-url" if reason == "same-url" else "same-guid"
    if changed is not None:
        return _open(memory, new, changed[0], run, memory.versions[changed[0]][-1].first_seen, changed[1])
    twin = _twin(memory, new)
    if twin is not None:
        return _known(memory, twin, new, "same-text", run)
    return _open(memory, new, new.identity, run, now)


def _met_before(memory: _Memory, new: _Prints) -> Iterable[tuple[bytes, Known]]:
    tried: set[bytes] = set()
    by: tuple[tuple[bytes | None, Known], ...] = (
        (memory.keys.get(new.url, new.url) if new.url else None, "same-url"),
        (memory.keys.get(new.guid) if new.guid else None, "same-guid"),
        (new.identity, "same-text"),
    )
    for identity, reason in by:
        if identity is not None and identity not in tried and memory.versions.get(identity):
            tried.add(identity)
            yield identity, reason


def _twin(memory: _Memory, new: _Prints) -> _Kept | None:
    """The article that has this text, in the same outlet or where one of the two is unknown."""
    if not new.text:
        return None
    same = [
        kept
        for kept in memory.texts.get(new.text, ())
        if kept.outlet is None or new.outlet is None or kept.outlet == new.outlet
    ]
    return min(
        same, key=lambda kept: (kept.outlet != new.outlet, kept.first_seen, kept.article), default=None
    )


def _known(memory: _Memory, kept: _Kept, new: _Prints, reason: Known, run: bytes) -> Verdict:
    _note_keys(memory, kept.article, new)
    article = _as_kept(new.article, kept)
    if not kept.settled and not kept.mine and (kept.claimant == new.claimant or kept.run != run):
        if kept.claimant != new.claimant:
            # This twin goes on instead of the one that was lost: what is known of it is what this one says.
            kept.outlet, kept.url, kept.dated = new.outlet, new.url, new.article.published is not None
        kept.run, kept.claimant, kept.mine, kept.dirty = run, new.claimant, True, not kept.fresh
        return Verdict("pending", article, reason)
    _learn(memory, kept, new)
    return Verdict("seen", article, reason)


def _open(
    memory: _Memory,
    new: _Prints,
    identity: bytes,
    run: bytes,
    first_seen: datetime,
    reason: Known | None = None,
) -> Verdict:
    last = memory.versions[identity][-1] if memory.versions[identity] else None
    kept = _Kept(
        article=identity,
        version=last.version + 1 if last else 1,
        text=new.text,
        outlet=new.outlet or (last.outlet if last else None),
        url=new.url or (last.url if last else None),
        dated=new.article.published is not None or (last is not None and last.dated),
        first_seen=first_seen,
        run=run,
        claimant=new.claimant,
        settled=False,
        mine=True,
        fresh=True,
    )
    memory.add(kept)
    _note_keys(memory, identity, new)
    return Verdict("changed" if last else "new", _as_kept(new.article, kept), reason)


def _as_kept(article: Article, kept: _Kept) -> Article:
    return article.model_copy(
        update={"id": unpack(kept.article), "version": kept.version, "first_seen": kept.first_seen}
    )


def _note_keys(memory: _Memory, identity: bytes, new: _Prints) -> None:
    for key in (new.url, new.guid):
        if key is not None and key != identity and key not in memory.keys:
            memory.keys[key] = memory.met[key] = identity


def _learn(memory: _Memory, kept: _Kept, new: _Prints) -> None:
    """Keep what a duplicate says that the article itself did not: its URL, its outlet, its date."""
    learnt: dict[str, Any] = {}
    if kept.url is None and new.url is not None:
        learnt["url"] = new.article.url
    if kept.outlet is None and new.outlet is not None:
        learnt["outlet"] = new.article.outlet
    if not kept.dated and new.article.published is not None:
        learnt["published"] = new.article.published
    if not learnt:
        return
    memory.learnt[kept.article] = learnt | memory.learnt.get(kept.article, {})
    for version in memory.versions[kept.article]:
        version.url = version.url or new.url
        version.outlet = version.outlet or new.outlet
        version.dated = version.dated or "published" in learnt
        version.dirty = not version.fresh


def _write(tx: Connection, insert: Any, memory: _Memory, now: datetime) -> None:
    # In one order everywhere: two that change the same rows then wait for each other and never both.
    kept = sorted(
        (
            version
            for versions in memory.versions.values()
            for version in versions
            if version.fresh or version.dirty
        ),
        key=lambda version: (version.article, version.version),
    )
    fresh = [
        _row(version)
        | {
            "first_seen": version.first_seen,
            "settled": version.ends,
            "settled_at": now if version.ends else None,
        }
        for version in kept
        if version.fresh
    ]
    dirty = [
        {
            f"_{name}" if name in {"article", "version"} else name: value
            for name, value in _row(version).items()
        }
        for version in kept
        if version.dirty
    ]
    if fresh:
        tx.execute(insert(articles).on_conflict_do_nothing(), fresh)
    if dirty:
        tx.execute(_UPDATE, dirty)
        ended = [version for version in kept if version.dirty and version.ends]
        if ended:
            tx.execute(
                _SETTLE,
                [
                    {
                        "_article": version.article,
                        "_version": version.version,
                        "_settled": version.ends,
                        "_at": now,
                    }
                    for version in ended
                ],
            )
    if memory.met:
        tx.execute(
            insert(article_keys).on_conflict_do_nothing(),
            [{"key": key, "article": identity} for key, identity in sorted(memory.met.items())],
        )
    if memory.learnt:
        statement = insert(knowledge)
        said = {name: func.coalesce(knowledge.c[name], statement.excluded[name]) for name in _LEARNT}
        tx.execute(
            statement.on_conflict_do_update(index_elements=["article"], set_=said),
            [
                {"article": unpack(identity)} | dict.fromkeys(_LEARNT) | learnt
                for identity, learnt in sorted(memory.learnt.items())
            ],
        )


_LEARNT = ("url", "outlet", "published")
_UPDATE = (
    update(articles)
    .where(articles.c.article == bindparam("_article"), articles.c.version == bindparam("_version"))
    .values({name: bindparam(name) for name in ("text", "outlet", "url", "dated", "run", "claimant")})
)


def _row(kept: _Kept) -> dict[str, Any]:
    return {
        "article": kept.article,
        "version": kept.version,
        "text": kept.text,
        "outlet": kept.outlet,
        "url": kept.url,
        "dated": kept.dated,
        "run": kept.run,
        "claimant": kept.claimant,
    }


def settle(tx: Connection, stopped: Sequence[Stopped], now: datetime) -> None:
    """Mark these articles as finished; what is finished already keeps its first reason."""
    rows = [
        {
            "_article": pack(each.article),
            "_version": each.version,
            "_settled": plain(f"{each.step}:{each.reason}"),
            "_at": now,
        }
        for each in stopped
    ]
    for_all(tx, _SETTLE, _SETTLE_ALL, sorted(rows, key=lambda row: (row["_article"], row["_version"])))


_SETTLE = (
    update(articles)
    .where(
        articles.c.article == bindparam("_article"),
        articles.c.version == bindparam("_version"),
        articles.c.settled.is_(None),
    )
    .values(settled=bindparam("_settled"), settled_at=bindparam("_at"), run=None, claimant=None)
)
_SETTLE_ALL = text(
    "WITH given AS (SELECT * FROM unnest(CAST(:_article AS bytea[]), CAST(:_version AS integer[]),"
    " CAST(:_settled AS text[]), CAST(:_at AS timestamptz[])) AS given (article, version, settled, at)),"
    " held AS (SELECT articles.article, articles.version, given.settled, given.at FROM articles JOIN given"
    " ON articles.article = given.article AND articles.version = given.version WHERE articles.settled IS NULL"
    " ORDER BY articles.article, articles.version FOR UPDATE OF articles)"
    " UPDATE articles SET settled = held.settled, settled_at = held.at, run = NULL, claimant = NULL FROM held"
    " WHERE articles.article = held.article AND articles.version = held.version"
)
