"""A watch held against a reading: which clauses held and where, or the first that failed.

Every match carries its evidence; on request every non-match names the clause that failed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from transforms.article import FieldName, Held, Match, Model, Reading, Span
from transforms.language import ENGLISH, primary
from transforms.lexicon import Lexicon, fold
from transforms.stories import outlet_key
from transforms.watch import Clause, Rules, Watch

PLACES = 6  # places shown for one clause


class Verdict(Model):
    """What became of a watch: ``why`` where it held, else the clause that ``failed`` and the words for a person."""

    held: bool
    why: tuple[Held, ...] = ()
    failed: str | None = None
    because: str | None = None


@dataclass(frozen=True)
class _Outcome:
    held: bool
    why: tuple[Held, ...] = ()
    failed: str = ""
    because: str = ""


class Matcher:
    """All watches, ready to be held against readings."""

    def __init__(self, rules: Rules):
        self._rules = rules
        phrases = {
            clause.phrase: Lexicon([(clause.phrase, True)])
            for watch in rules.watches.values()
            for _, clause in watch.when.walk()
            if clause.phrase is not None
        }
        self._phrases: Mapping[str, Lexicon[bool]] = phrases

    def matches(self, reading: Reading) -> tuple[Match, ...]:
        """The watches that the reading triggers, in the order of the rules."""
        verdicts = ((watch.id, self.verdict(watch, reading)) for watch in self._rules.watches.values())
        found = [(watch, verdict.why) for watch, verdict in verdicts if verdict.held]
        return tuple(Match(watch=watch, reading=reading, why=why, of=len(found)) for watch, why in found)

    def verdict(self, watch: Watch, reading: Reading) -> Verdict:
        """Whether the watch holds for the reading, with the evidence either way."""
        outcome = self._ask(watch.when, reading)
        if outcome.held:
            return Verdict(held=True, why=outcome.why)
        return Verdict(held=False, failed=outcome.failed, because=outcome.because)

    def _ask(self, clause: Clause, reading: Reading) -> _Outcome:
        if clause.all is not None:
            return _all([self._ask(part, reading) for part in clause.all])
        if clause.any is not None:
            outcomes = [self._ask(part, reading) for part in clause.any]
            why = tuple(held for outcome in outcomes if outcome.held for held in outcome.why)
            if any(outcome.held for outcome in outcomes):
                return _Outcome(held=True, why=why)
            reasons = "; ".join(outcome.because for outcome in outcomes)
            return _Outcome(held=False, failed=str(clause), because=f"none of them held: {reasons}")
        if clause.not_ is not None:
            inner = self._ask(clause.not_, reading)
            if not inner.held:
                return _Outcome(held=True)
            words = ", ".join(f"“{held.text}”" for held in inner.why[:3])
            return _Outcome(held=False, failed=str(clause), because=f"it must not hold, and it does: {words}")
        return self._leaf(clause, reading)

    def _leaf(self, clause: Clause, reading: Reading) -> _Outcome:
        if clause.topic is not None:
            return self._topic(clause, reading)
        if clause.entity is not None:
            places: list[Span] = [mention for mention in reading.entities if mention.id == clause.entity]
            return _found(clause, reading, places, f"the text does not name {clause.entity}")
        if clause.phrase is not None:
            places = list(_phrase(self._phrases[clause.phrase], reading))
            return _found(clause, reading, places, f"the words “{clause.phrase}” do not stand in it")
        return self._outlet(clause, reading)

    def _topic(self, clause: Clause, reading: Reading) -> _Outcome:
        needed = clause.score or self._rules.topics[clause.topic or ""].threshold
        topic = next((topic for topic in reading.topics if topic.id == clause.topic), None)
        if topic is None:
            spoken = primary(reading.article.lang)
            rule = self._rules.topics[clause.topic or ""]
            if spoken not in {None, ENGLISH, *rule.languages}:
                because = f"{clause.topic} has no signals in the article's language, {spoken}"
                return _Outcome(held=False, failed=str(clause), because=because)
            return _Outcome(held=False, failed=str(clause), because=f"nothing speaks for {clause.topic}")
        if topic.score < needed:
            doubt = (
                f"; as a whole it sounds like it by {topic.opinion:.0%} only"
                if topic.opinion is not None
                else ""
            )
            because = f"{clause.topic} scores {topic.score:.2f}, {needed:.2f} is asked{doubt}"
            return _Outcome(held=False, failed=str(clause), because=because)
        return _found(clause, reading, topic.evidence, f"{clause.topic} has no evidence")

    def _outlet(self, clause: Clause, reading: Reading) -> _Outcome:
        asked = clause.outlet or ""
        entity = self._rules.entities.get(asked)
        names = {outlet_key(name) for name in ((entity.name, *entity.aliases) if entity else (asked,))}
        outlet = reading.article.outlet
        if outlet is not None and outlet_key(outlet) in names:
            # An outlet stands beside the article, not in it: the reason has no place in the text.
            return _Outcome(
                held=True, why=(Held(clause=str(clause), text=outlet, start=0, end=0, field="title"),)
            )
        because = f"the outlet is {outlet or 'unknown'}"
        return _Outcome(held=False, failed=str(clause), because=because)


def _all(outcomes: Sequence[_Outcome]) -> _Outcome:
    for outcome in outcomes:
        if not outcome.held:
            return outcome
    return _Outcome(held=True, why=tuple(held for outcome in outcomes for held in outcome.why))


def _found(clause: Clause, reading: Reading, places: Sequence[Span], because: str) -> _Outcome:
    if not places:
        return _Outcome(held=False, failed=str(clause), because=because)
    article = reading.article
    why = tuple(
        Held(
            clause=str(clause),
            text=article.of(place.field)[place.start : place.end],
            start=place.start,
            end=place.end,
            field=place.field,
            article=article.id,
        )
        for place in sorted(places, key=lambda place: (place.field != "title", place.start))[:PLACES]
    )
    return _Outcome(held=True, why=why)


def _phrase(lexicon: Lexicon[bool], reading: Reading) -> Iterator[Span]:
    fields: tuple[FieldName, ...] = ("title", "text")
    for field in fields:
        for hit in lexicon.find(fold(reading.article.of(field))):
            span = Span(start=hit.start, end=hit.end, field=field)
            if not any(_overlap(span, passage) for passage in reading.aside):
                yield span


def _overlap(one: Span, other: Span) -> bool:
    return one.field == other.field and one.start < other.end and other.start < one.end
