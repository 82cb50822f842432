"""Which story an article belongs to: that whose articles are like it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from operator import mul

from transforms.stories.member import Member, keys_of

SAME_STORY = 0.20  # likeness of two articles from which they are taken to tell the same story


def likeness(one: Member, other: Member) -> float:
    """How alike two articles are, in [0, 1]: the cosine of their terms."""
    small, large = sorted((one.terms, other.terms), key=len)
    # A hundred words at a time for every article that a new one is held against: no loop of Python's own.
    common = list(filter(large.__contains__, small))
    return sum(map(mul, map(small.__getitem__, common), map(large.__getitem__, common)), 0.0)


def choose_story(
    new: Member,
    stories: Mapping[str, Sequence[Member]],
    alike: Callable[[Member, Member], float] = likeness,
) -> str | None:
    """The story that the article belongs to, or None where it opens one.

    Args:
        new: the article.
        stories: story id to its members so far, within one watch.
        alike: ``likeness``, or what remembers it.
    """
    best: tuple[float, str] | None = None
    for story, members in stories.items():
        if any(member.article == new.article for member in members):
            return story
        best_three = sorted((alike(new, member) for member in members), reverse=True)[:3]
        # The mean of the best three: one stray member does not pull a story along.
        score = sum(best_three) / len(best_three) if best_three else 0.0
        if score >= SAME_STORY and (best is None or (score, story) > best):
            best = score, story
    return best[1] if best else None


class Linker:
    """Links articles one by one, in memory, within one scope; looks only at stories with a heavy term in common.

    Args:
        window: how far apart in time two articles of one story may be; None for any.
    """

    def __init__(self, window: timedelta | None = None):
        self._window = window
        self._members: dict[str, list[Member]] = {}
        self._by_term: dict[str, set[str]] = defaultdict(set)

    def add(self, member: Member) -> str:
        """The id of the article's story: that of the article that opened it."""
        near = {story for term in keys_of(member) for story in self._by_term[term]}
        story = choose_story(
            member, {story: self._members[story] for story in sorted(near) if self._open(story, member)}
        )
        story = story or member.article
        self._members.setdefault(story, []).append(member)
        for term in keys_of(member):
            self._by_term[term].add(story)
        return story

    def stories(self) -> Mapping[str, Sequence[Member]]:
        """All stories so far with their members."""
        return self._members

    def _open(self, story: str, member: Member) -> bool:
        """Whether the story is near in time; where a date is not known, time does not part them."""
        window = self._window
        return window is None or any(
            member.published is None
            or other.published is None
            or abs(other.published - member.published) <= window
            for other in self._members[story]
        )
