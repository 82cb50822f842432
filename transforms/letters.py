"""The dead letter of an article: given up at some step, kept whole as one line of JSON that can be replayed."""

from __future__ import annotations

from transforms.article import Article, DeadLetter, Document


def letter_of(article: Article, step: str, reason: str, message: str, *, in_hand: bool = True) -> DeadLetter:
    """The letter of an article that cannot go on.

    Args:
        article: as far as it came.
        step: where it failed.
        reason: typed; names a counter.
        message: one line for a person.
        in_hand: whether it was taken in, so that it is to be let go of.
    """
    at = article.fetched or article.first_seen
    kept = article.model_copy(
        update={"title": _encodable(article.title or "") or None, "text": _encodable(article.text)}
    )
    document = None
    if at is not None:
        document = Document(
            origin=article.origin,
            media="article-json",
            body=kept.model_dump_json().encode(),
            fetched=at,
            order=article.order[0],
            feed=article.feed,
            outlet=article.outlet,
        )
    return DeadLetter(
        step=step,
        reason=reason,
        message=message,
        origin=article.origin,
        document=document,
        at=article.fetched,
        article=article.id if in_hand else None,
        version=article.version,
    )


def said(error: Exception) -> str:
    """What an error of a library says, in one short line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
