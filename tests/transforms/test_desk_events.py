"""What is worth a reply in an alert's thread, what makes it louder, and what a person may mute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from transforms.article import Alert, Also, Coverage, Held, SharedQuote
from transforms.desk import Case, Decision, Event, Silence, decide, inhibited, silenced
from transforms.policy import Policy, severity_of
from transforms.stories import Member
from transforms.watch import Clause, Watch

NOON = datetime(2024, 4, 26, 12, tzinfo=UTC)
WATCH = Watch(id="meddling", title="Meddling", when=Clause(phrase="interfere"), channel="#elections")
WHY = {name: (Held(clause="phrase interfere", text="interfere", start=0, end=9),) for name in "abcdefgh"}
QUOTE = "We have seen evidence of attempts to influence and arguably interfere with the upcoming vote"


def member(name: str, outlet: str, *, cites: str = "", quote: str = "", minutes: int = 0) -> Member:
    when = NOON + timedelta(minutes=minutes)
    return Member(
        article=name,
        outlet=outlet,
        title=f"Title {name}",
        at=when,
        published=when,
        sources=((cites, "cites"),) if cites else (),
        quotes=((quote, "Antony Blinken"),) if quote else (),
    )


def told(members: list[Member], before: Alert | None, policy: Policy, *events: Event) -> Decision:
    return decide(WATCH, "a", members, WHY, before, NOON, Case(policy=policy, events=events))


def stands(members: list[Member], policy: Policy | None = None) -> Alert:
    alert = told(members, None, policy or Policy()).alert
    assert alert is not None
    return alert


def test_an_independent_report_is_confirmed_in_the_thread_and_says_by_whom() -> None:
    cnn = member("a", "CNN")
    decision = told([cnn, member("b", "The Hill")], stands([cnn]), Policy())
    assert decision.reason == "independent-report"
    (reply,) = decision.replies
    assert reply.reason == "independent-confirmation"
    assert "The Hill" in reply.text
    assert "2 independent reports" in reply.text


def test_a_copy_is_an_edit_and_nothing_more() -> None:
    cnn = member("a", "CNN")
    decision = told([cnn, member("b", "Voz", cites="cnn")], stands([cnn]), Policy())
    assert (decision.reason, decision.replies) == ("more-coverage", ())


def test_a_story_becomes_louder_by_confirmations_and_never_quieter_again() -> None:
    policy = Policy.model_validate({"escalate": [{"independent": 2, "to": "high"}]})
    cnn, hill = member("a", "CNN"), member("b", "The Hill")
    decision = told([cnn, hill], stands([cnn], policy), policy)
    assert decision.alert is not None
    assert (decision.reason, decision.alert.kind, decision.alert.severity) == (
        "escalation",
        "escalation",
        "high",
    )
    assert [reply.reason for reply in decision.replies] == ["escalation", "independent-confirmation"]
    after = told([cnn], decision.alert, policy)
    assert after.alert is None or after.alert.severity == "high"


@pytest.mark.parametrize(("apart", "severity"), [(10, "high"), (50, "normal")])
def test_a_story_becomes_louder_by_the_speed_of_its_spread(apart: int, severity: str) -> None:
    policy = Policy.model_validate({"escalate": [{"outlets": 3, "within": "30m"}]})
    members = [
        member(name, f"Outlet {name}", cites="outlet-a" if name != "a" else "", minutes=number * apart)
        for number, name in enumerate("abc")
    ]
    assert severity_of(stands(members), policy) == severity


@pytest.mark.parametrize("reason", ["correction", "retraction", "changed-quote", "merge"])
def test_what_the_linker_finds_out_is_passed_on(reason: str) -> None:
    cnn = member("a", "CNN")
    event = Event.model_validate({"reason": reason, "text": "CNN took it back"})
    decision = told([cnn], stands([cnn]), Policy(), event)
    assert decision.reason == reason
    assert decision.alert is not None
    assert decision.alert.kind == ("update" if reason == "merge" else "correction")
    assert decision.alert.reason == "CNN took it back"
    assert [(reply.reason, reply.text) for reply in decision.replies] == [(reason, "CNN took it back")]


def test_the_gravest_of_several_events_names_the_decision() -> None:
    cnn = member("a", "CNN")
    events = [Event(reason="merge", text="one more"), Event(reason="retraction", text="taken back")]
    decision = told([cnn], stands([cnn]), Policy(), *events)
    assert decision.reason == "retraction"
    assert [reply.reason for reply in decision.replies] == ["retraction", "merge"]


def test_an_outlet_that_changes_a_known_quote_is_named_in_the_thread() -> None:
    before = [member("a", "CNN", quote=QUOTE), member("b", "Voz", cites="cnn", quote=QUOTE)]
    changed = QUOTE.replace("arguably interfere with", "openly interfere with")
    decision = told([*before, member("c", "The Hill", cites="cnn", quote=changed)], stands(before), Policy())
    assert [reply.reason for reply in decision.replies] == ["changed-quote"]
    assert decision.replies[0].text.startswith("The Hill changed the quote “We have seen evidence")


# what mutes


def alert(**changes: object) -> Alert:
    base = stands([member("a", "CNN"), member("b", "Voz", cites="cnn")])
    return base.model_copy(
        update={"entities": ("country/CN",), "headline": "China sees “interference”", "story": "s1"} | changes
    )


def silence(**named: object) -> Silence:
    said = {"id": "s", "owner": "ann", "reason": "known", "made": NOON, "until": NOON + timedelta(hours=1)}
    return Silence.model_validate(said | named)


@pytest.mark.parametrize(
    ("named", "mutes"),
    [
        ({"watch": "meddling"}, True),
        ({"watch": "wildfires"}, False),
        ({"entity": "country/CN"}, True),
        ({"entity": "country/RU"}, False),
        ({"story": "s1"}, True),
        ({"story": "s2"}, False),
        ({"outlet": "the cnn"}, False),  # Voz covers it, too
        ({"text": "SEES interference"}, True),
        ({"text": "interfere"}, False),
        ({"watch": "meddling", "entity": "country/RU"}, False),
    ],
)
def test_a_silence_mutes_what_it_names_and_all_of_it_must_hold(named: dict[str, str], mutes: bool) -> None:
    assert (silenced(alert(), [silence(**named)], NOON) is not None) is mutes


def test_an_outlet_is_muted_where_it_is_alone() -> None:
    alone = stands([member("a", "CNN")])
    assert silence(outlet="The CNN").mutes(alone)


def test_a_message_that_speaks_for_another_watch_too_is_not_muted_with_the_first() -> None:
    both = alert(also=(Also(watch="hacks", severity="normal"),))
    assert not silence(watch="meddling").mutes(both)
    assert silence(story="s1").mutes(both)


def test_a_silence_holds_from_its_beginning_to_its_end() -> None:
    mute = silence(watch="meddling")
    for minutes, holds in ((-1, False), (0, True), (59, True), (60, False)):
        assert (silenced(alert(), [mute], NOON + timedelta(minutes=minutes)) is mute) is holds


def test_a_silence_must_name_something() -> None:
    with pytest.raises(ValueError, match="names a watch"):
        silence()
    with pytest.raises(ValueError, match="has no word"):
        silence(text="!!!")


def test_a_louder_watch_mutes_a_quieter_one_and_never_itself() -> None:
    quiet, loud = alert(severity="low"), alert(watch="hacks", severity="high", id="louder")
    assert inhibited(quiet, [loud]) is loud
    assert inhibited(loud, [quiet]) is None
    assert inhibited(quiet, [quiet.model_copy(update={"severity": "high"})]) is None


def test_what_is_shared_by_all_quotes_and_coverage_stays_as_the_contract_has_it() -> None:
    said = alert().model_dump(mode="json", by_alias=True)
    assert {
        "id",
        "watch",
        "severity",
        "channel",
        "kind",
        "reason",
        "headline",
        "why",
        "coverage",
        "at",
    } <= set(said)
    assert Coverage.model_validate(said["coverage"][0]).relation == "original"
    assert SharedQuote.model_validate({"text": "t", "speaker": None, "in": ["a"]}).in_ == ("a",)
