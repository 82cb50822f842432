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
from transforms.topics import LEAD, SPEAKING, TopicRule, needed
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
        self._asked = tuple(self._second_opinions())
        self._speaking = Lexicon(
            (word, word) for word in sorted({w for _, words in self._asked for w in words})
        )

    @property
    def size(self) -> int:
        """How many different phrases are looked for."""
        return self._lexicon.size

    def could_match(self, article: Article) -> tuple[str, ...]:
        """Ids of the watches that could match; most articles give none."""
        title = article.title or ""
        folded = fold(f"{title}\n{article.text}")
        present: Present = self._lexicon.values(folded)
        if self._asked:
            present = present | self._by_opinion(article, folded[: len(title) + 1 + LEAD])
        if not present:
            return self._always
        return self._always + tuple(watch for watch, check in self._conditions.items() if check(present))

    def _second_opinions(self) -> Iterator[tuple[TopicRule, frozenset[str]]]:
        """The topics of the watches that have one, each with the words of which some must stand in title and lead."""
        opinion = self._rules.opinion
        asked = {clause.topic for watch in self._rules.watches.values() for _, clause in watch.when.walk()}
        for topic in sorted(filter(None, asked)) if opinion else ():
            rule = self._rules.topics[topic]
            if opinion and (words := opinion.speaking(rule)):
                yield rule, frozenset(words)

    def _by_opinion(self, article: Article, lead: str) -> frozenset[str]:
        """The topics that the second opinion names; it is asked only where enough of its words stand in the lead."""
        spoken = self._speaking.values(lead)
        rules = [rule for rule, words in self._asked if len(words & spoken) >= SPEAKING]
        opinion = self._rules.opinion
        if not rules or opinion is None:
            return frozenset()
        return frozenset(f"opinion {topic}" for topic in opinion.named(article, rules))

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
        yield _Has(f"opinion {rule.id}")

    def _signal(self, groups: tuple[tuple[str, ...], ...]) -> Condition:
        return _joined(_All, (self._has("any of " + "|".join(group), group) for group in groups))

    def _has(self, name: str, phrases: tuple[str, ...]) -> Condition:
        for phrase in phrases:
            self._phrases[phrase].add(name)
        return _Has(name)
