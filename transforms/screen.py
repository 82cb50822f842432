"""The screen: which watches could match an article, from one pass over its words.

Lossless: it may let an article pass that will not match, never the reverse: it does not know the article's language,
and takes the words of all that the rules speak. It asks for a necessary
condition of every watch, over the same folding and phrases that the reading uses.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from transforms.article import Article
from transforms.entity import phrases_in_all
from transforms.lexicon import Lexicon, fold
from transforms.topics import SPEAKING, TopicRule, needed
from transforms.watch import Clause, Rules

NO_WATCH = "no-watch-could-match"
"""Why an article stops here."""

Present = AbstractSet[str]
Condition = Callable[[Present], bool]


@dataclass(frozen=True)
class _All:
    """Names that must all be present, and conditions that must all hold."""

    names: AbstractSet[str]
    parts: tuple[Condition, ...]

    def __call__(self, present: Present) -> bool:
        return self.names <= present and all(part(present) for part in self.parts)


@dataclass(frozen=True)
class _Any:
    """Names or conditions of which one is enough."""

    names: AbstractSet[str]
    parts: tuple[Condition, ...]

    def __call__(self, present: Present) -> bool:
        return not self.names.isdisjoint(present) or any(part(present) for part in self.parts)


@dataclass(frozen=True)
class _Some:
    """Names of which so many are enough."""

    names: AbstractSet[str]
    enough: int

    def __call__(self, present: Present) -> bool:
        return len(self.names & present) >= self.enough


@dataclass(frozen=True)
class _Has:
    name: str

    def __call__(self, present: Present) -> bool:
        return self.name in present


@dataclass(frozen=True)
class _Always:
    def __call__(self, present: Present) -> bool:  # noqa: ARG002 - a condition that the words do not decide
        return True


def _joined(kind: type[_All] | type[_Any], parts: Iterable[Condition]) -> Condition:
    """The conditions together; those that only ask for a name become one question of sets."""
    listed = tuple(parts)
    if len(listed) == 1:
        return listed[0]
    names = frozenset(part.name for part in listed if isinstance(part, _Has))
    return kind(names, tuple(part for part in listed if not isinstance(part, _Has)))


class Screen:
    """The necessary conditions of all watches over one automaton of their words.

    Args:
        rules: the watches and what they name; unknown names are the settings' business.
    """

    def __init__(self, rules: Rules):
        self._rules = rules
        self._phrases: dict[str, set[str]] = defaultdict(set)  # phrase -> the names it makes present
        conditions = {watch.id: self._condition(watch.when) for watch in rules.watches.values()}
        self._always = tuple(watch for watch, condition in conditions.items() if condition(frozenset()))
        self._conditions = {watch: check for watch, check in conditions.items() if watch not in self._always}
        self._lexicon = Lexicon(
            (phrase, name) for phrase, names in self._phrases.items() for name in sorted(names)
        )

    @property
    def size(self) -> int:
        """How many different phrases are looked for."""
        return self._lexicon.size

    def could_match(self, article: Article) -> tuple[str, ...]:
        """Ids of the watches that could match; most articles give none."""
        present = self._lexicon.values(fold(f"{article.title or ''}\n{article.text}"))
        if not present:
            return self._always
        return self._always + tuple(watch for watch, check in self._conditions.items() if check(present))

    def _condition(self, clause: Clause) -> Condition:
        if clause.all is not None:
            return _joined(_All, map(self._condition, clause.all))
        if clause.any is not None:
            return _joined(_Any, map(self._condition, clause.any))
        if clause.entity is not None:
            return self._has(f"entity {clause.entity}", phrases_in_all(self._rules.entities[clause.entity]))
        if clause.phrase is not None:
            return self._has(f"phrase {clause.phrase}", (clause.phrase,))
        if clause.topic is not None:
            return _joined(_Any, self._topic(self._rules.topics[clause.topic]))
        return _Always()

    def _topic(self, rule: TopicRule) -> Iterator[Condition]:
        yield from map(self._signal, needed(rule))
        words = self._rules.opinion.speaking(rule) if self._rules.opinion else ()
        if words:
            yield _Some(frozenset(self._has(f"phrase {word}", (word,)).name for word in words), SPEAKING)

    def _signal(self, groups: tuple[tuple[str, ...], ...]) -> Condition:
        return _joined(_All, (self._has("any of " + "|".join(group), group) for group in groups))

    def _has(self, name: str, phrases: tuple[str, ...]) -> _Has:
        for phrase in phrases:
            self._phrases[phrase].add(name)
        return _Has(name)
