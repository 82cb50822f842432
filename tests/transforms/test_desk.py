"""The desk: what is said of a story, what is withheld, and the typed reason for either."""

from datetime import UTC, datetime, timedelta

from transforms.article import Alert, Held
from transforms.desk import alert_id, decide
from transforms.stories import Member, shingles_of, terms_of
from transforms.watch import Clause, Watch

NOON = datetime(2024, 4, 26, 12, tzinfo=UTC)
WATCH = Watch(
    id="meddling", title="Meddling", when=Clause(phrase="interfere"), channel="#elections", severity="high"
)
WHY = {name: (Held(clause="phrase interfere", text="interfere", start=0, end=9),) for name in "abc"}


def member(
    name: str, *, outlet: str | None = None, backfill: bool = False, text: str = "", cites: str = ""
) -> Member:
    return Member(
        article=name,
        outlet=outlet,
        title=f"Title {name}",
        at=NOON,
        backfill=backfill,
        terms=terms_of("", text),
        shingles=tuple(shingles_of(text)),
        sources=((cites, "cites"),) if cites else (),
        topics=("election-interference",),
        entities=("country/CN",),
    )


def told(members: list[Member], before: Alert | None = None) -> tuple[str, Alert | None]:
    decision = decide(WATCH, "a", members, WHY, before, NOON)
    return decision.reason, decision.alert


def test_the_first_coverage_is_a_new_alert_with_its_reasons() -> None:
    reason, alert = told([member("a", outlet="CNN")])
    assert reason == "first-coverage"
    assert alert is not None
    assert (alert.kind, alert.headline, alert.severity, alert.channel) == (
        "new",
        "Title a",
        "high",
        "#elections",
    )
    assert (alert.outlets, alert.independent, alert.at) == (1, 1, NOON)
    assert alert.why[0].article == "a"
    assert (alert.topics, alert.entities) == (("election-interference",), ("country/CN",))
    assert alert.id == alert_id("meddling", "#elections", "a")


def test_more_coverage_updates_the_same_alert_and_says_who() -> None:
    cnn = member("a", outlet="CNN")
    _, before = told([cnn])
    reason, alert = told([cnn, member("b", outlet="The Hill", cites="cnn")], before)
    assert reason == "more-coverage"
    assert alert is not None
    assert before is not None
    assert (alert.id, alert.kind, alert.reason) == (before.id, "update", "more coverage: The Hill")
    assert [(piece.article, piece.relation, piece.of) for piece in alert.coverage] == [
        ("a", "original", None),
        ("b", "cites", "a"),
    ]


def test_a_report_from_elsewhere_is_said_to_be_independent() -> None:
    cnn = member("a", outlet="CNN", text="one two three four five six seven")
    _, before = told([cnn])
    reason, alert = told([cnn, member("b", text="all of this was written by somebody else")], before)
    assert reason == "independent-report"
    assert alert is not None
    assert alert.reason == "an independent report: 2 now"


def test_the_same_story_again_says_nothing() -> None:
    _, before = told([member("a")])
    assert told([member("a")], before) == ("nothing-new", None)
    later = decide(WATCH, "a", [member("a")], WHY, before, NOON + timedelta(hours=1))
    assert later.alert is None


def test_a_changed_article_is_said() -> None:
    _, before = told([member("a")])
    reason, alert = told([member("a").model_copy(update={"title": "Another title"})], before)
    assert reason == "changed-article"
    assert alert is not None
    assert alert.reason == "an article was changed by its outlet"


def test_the_back_catalogue_of_a_feed_is_no_news() -> None:
    old = member("a", backfill=True)
    assert told([old]) == ("backfill", None)
    reason, alert = told([old, member("b")])
    assert reason == "first-coverage"
    assert alert is not None
    assert len(alert.coverage) == 2


def test_an_article_without_a_title_still_has_a_headline() -> None:
    _, alert = told([member("a").model_copy(update={"title": None})])
    assert alert is not None
    assert alert.headline == "(no title)"


def test_the_headline_is_that_of_the_origin_not_of_who_came_first() -> None:
    citing, origin = member("a", outlet="The Hill", cites="cnn"), member("b", outlet="CNN")
    _, alert = told([citing, origin])
    assert alert is not None
    assert alert.headline == "Title b"
    assert {held.article for held in alert.why} == {"b"}
