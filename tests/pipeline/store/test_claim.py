"""New?: each article goes on once, whoever sends it again, and none is lost when a run dies."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from pipeline.store import Store, Verdict
from pipeline.store.schema import metadata
from transforms.article import Article, Stopped

Make = Callable[..., Article]


def kinds(verdicts: list[Verdict]) -> list[tuple[str, str | None]]:
    return [(verdict.kind, verdict.reason) for verdict in verdicts]


def settle(store: Store, verdicts: list[Verdict], now: datetime) -> None:
    done = [
        Stopped(article=each.article.id, version=each.article.version, step="screen", reason="no-watch")
        for each in verdicts
        if each.goes_on
    ]
    store.settle(done, now)


def test_an_article_is_new_once_and_seen_when_it_is_settled(
    store: Store, article: Make, noon: datetime
) -> None:
    one = article(url="https://cnn.example.org/a")
    first = store.claim([one], noon, "monday")
    assert kinds(first) == [("new", None)]
    assert (first[0].article.first_seen, first[0].article.version) == (noon, 1)
    assert len(first[0].article.id) == 32
    settle(store, first, noon)
    assert kinds(store.claim([one], noon + timedelta(days=1), "tuesday")) == [("seen", "same-url")]


def test_a_url_is_the_same_whatever_tracks_the_reader(store: Store, article: Make, noon: datetime) -> None:
    text = article().text
    verdicts = store.claim(
        [
            article(text, url="https://cnn.example.org/a?id=3&utm_source=x"),
            article(text, url="http://CNN.example.org:80/a?id=3#top"),
            article(url="https://cnn.example.org/a?id=4"),
        ],
        noon,
    )
    assert kinds(verdicts) == [("new", None), ("seen", "same-url"), ("new", None)]
    assert verdicts[1].article.id == verdicts[0].article.id


def test_a_guid_counts_within_its_feed_only(store: Store, article: Make, noon: datetime) -> None:
    text = article().text
    verdicts = store.claim(
        [
            article(text, guid="7", feed="cnn", outlet="CNN"),
            article(text, guid="7", feed="cnn", outlet="CNN"),
            article(guid="7", feed="voz", outlet="Voz"),
        ],
        noon,
    )
    assert kinds(verdicts) == [("new", None), ("seen", "same-guid"), ("new", None)]


def test_a_feed_that_repeats_its_guid_does_not_hide_its_articles(
    store: Store, article: Make, noon: datetime
) -> None:
    entries = [article(guid="0", feed="f", url=f"https://f.example.org/{entry}") for entry in range(3)]
    assert kinds(store.claim(entries, noon)) == [("new", None)] * 3


def test_a_feed_that_links_everything_to_its_front_page_does_not_hide_its_articles(
    store: Store, article: Make, noon: datetime
) -> None:
    entries = [article(url="https://f.example.org/") for _ in range(3)]
    assert kinds(store.claim(entries, noon)) == [("new", None)] * 3


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("CNN", "cnn", "seen"),
        ("The Hill", "Hill", "seen"),
        (None, "CNN", "seen"),
        ("CNN", None, "seen"),
        (None, None, "seen"),
        ("CNN", "Voz", "new"),
    ],
)
def test_the_same_text_is_the_same_article_unless_two_known_outlets_print_it(
    store: Store, article: Make, noon: datetime, first: str | None, second: str | None, expected: str
) -> None:
    text = article().text
    twin = text.upper().replace(" ", " \n").replace(".", "”")
    verdicts = store.claim([article(text, outlet=first)], noon) + store.claim(
        [article(twin, outlet=second)], noon
    )
    assert [each.kind for each in verdicts] == ["new", expected]


def test_a_copy_in_a_second_outlet_stays_another_article_after_an_unknown_one_came(
    store: Store, article: Make, noon: datetime
) -> None:
    text = article().text
    verdicts = [
        store.claim([article(text, outlet=outlet)], noon)[0]
        for outlet in (None, "CNN", "Voz", "CNN", "Voz", None)
    ]
    assert [each.kind for each in verdicts] == ["new", "seen", "new", "seen", "seen", "seen"]
    assert verdicts[4].article.id == verdicts[2].article.id != verdicts[0].article.id


def test_short_texts_are_told_apart_by_their_titles(store: Store, article: Make, noon: datetime) -> None:
    clips = [article("Watch the video.", outlet="CNN", title=title) for title in ("Flood", "Fire", "Flood")]
    assert [each.kind for each in store.claim(clips, noon)] == ["new", "new", "seen"]


def test_twins_of_one_run_go_on_once_and_after_a_kill_the_first_goes_on_again(
    store: Store, article: Make, noon: datetime
) -> None:
    text = article().text
    twins = [article(text, origin=origin, title=origin) for origin in ("seeds/a.txt", "rss", "atom")]
    assert kinds(store.claim(twins[:2], noon, "one")) == [("new", None), ("seen", "same-text")]
    assert kinds(store.claim(twins[2:], noon, "one")) == [("seen", "same-text")]
    # Killed here: nothing was settled.
    again = store.claim(twins, noon + timedelta(hours=5), "two")
    assert kinds(again) == [("pending", "same-text"), ("seen", "same-text"), ("seen", "same-text")]
    assert (again[0].article.first_seen, again[0].article.title) == (noon, "seeds/a.txt")
    settle(store, again, noon)
    assert {each.kind for each in store.claim(twins, noon, "three")} == {"seen"}


def test_a_retried_bundle_of_the_same_run_goes_on_again(store: Store, article: Make, noon: datetime) -> None:
    text = article().text
    bundle = [article(text, origin="rss", guid="tag:x,1"), article(text, origin="atom")]
    before = store.claim(bundle, noon, "one")
    assert [each.kind for each in store.claim(bundle, noon, "one")] == ["pending", "seen"]
    assert store.claim(bundle, noon, "one")[0].article.id == before[0].article.id


def test_what_a_dead_run_had_in_hand_goes_on_through_its_twin_where_the_first_does_not_return(
    store: Store, article: Make, noon: datetime
) -> None:
    text = article().text
    lost = store.claim([article(text, url="https://cnn.example.org/a")], noon, "one")[0].article
    twin, late = article(text, origin="file"), article(text, url="https://cnn.example.org/a")
    verdicts = store.claim([twin, late], noon, "two")
    assert [each.kind for each in verdicts] == ["pending", "seen"]
    assert verdicts[0].article.id == lost.id


def test_a_changed_text_at_the_same_url_is_the_next_version(
    store: Store, article: Make, noon: datetime
) -> None:
    versions = [article(url="https://cnn.example.org/a") for _ in range(3)]
    later = noon + timedelta(hours=1)
    one, two, three = (
        store.claim([version], now)[0] for version, now in zip(versions, (noon, later, later), strict=True)
    )
    assert [one.kind, two.kind, three.kind] == ["new", "changed", "changed"]
    assert [each.article.version for each in (one, two, three)] == [1, 2, 3]
    assert {each.article.id for each in (one, two, three)} == {one.article.id}
    assert three.article.first_seen == noon


def test_an_earlier_version_that_comes_again_is_no_change(
    store: Store, article: Make, noon: datetime
) -> None:
    """A feed and its cached twin that disagree must not ring at every poll."""
    old, new = article(url="https://cnn.example.org/a"), article(url="https://cnn.example.org/a")
    settle(store, store.claim([old, new], noon, "one"), noon)
    assert kinds(store.claim([old, new, old], noon, "two")) == [("seen", "same-url")] * 3


def test_an_article_known_by_text_is_known_by_its_url_from_then_on(
    store: Store, article: Make, noon: datetime
) -> None:
    text = article().text
    verdicts = store.claim(
        [
            article(text, outlet="CNN"),
            article(text, url="https://cnn.example.org/a"),
            article(url="https://cnn.example.org/a"),
        ],
        noon,
    )
    assert [each.kind for each in verdicts] == ["new", "seen", "changed"]
    assert verdicts[2].article.id == verdicts[0].article.id


def test_an_id_that_the_input_gives_stays(store: Store, article: Make, noon: datetime) -> None:
    ids = ["press-7", "x" * 15, "y" * 16, "été/1", "a" * 32, "ends=="]
    verdicts = store.claim([article(id=identity) for identity in ids], noon)
    assert [each.article.id for each in verdicts] == ids
    again = store.claim([article(id=identity) for identity in ids], noon)
    assert [(each.kind, each.article.id) for each in again] == [("changed", identity) for identity in ids]


def test_hostile_articles_are_claimed_like_others(store: Store, article: Make, noon: datetime) -> None:
    odd = [
        article("\udcff\ud800 lone surrogates and \0 " * 9, guid="\ud800", feed="\0", id="\ud800" * 400),
        article("…“”", url="http://[broken"),
        article("中国外交部发言人", url="https://h:99999/x", outlet="\0"),
    ]
    assert [each.kind for each in store.claim(odd, noon, "one")] == ["new"] * 3
    settle(store, store.claim(odd, noon, "one"), noon)
    assert [each.kind for each in store.claim(odd, noon, "two")] == ["seen"] * 3


def test_a_batch_larger_than_one_question_to_the_database(
    store: Store, article: Make, noon: datetime
) -> None:
    many = [
        article(url=f"https://h.example.org/{number}", guid=str(number), feed="h") for number in range(2500)
    ]
    assert {each.kind for each in store.claim(many, noon, "one")} == {"new"}
    assert {each.kind for each in store.claim(many, noon, "two")} == {"pending"}


def test_of_an_article_that_did_not_match_the_text_is_not_kept(
    shared_url: str, article: Make, noon: datetime
) -> None:
    with Store.open(shared_url) as store:
        settle(store, store.claim([article("The quayside was silent that night. " * 9)], noon), noon)
        known = store.summary()
        assert (known.articles, known.settled) == (1, {"screen:no-watch": 1})
        with store.transaction(write=False) as tx:
            dump = "".join(str(row) for table in metadata.sorted_tables for row in tx.execute(select(table)))
    assert "quayside" not in dump
