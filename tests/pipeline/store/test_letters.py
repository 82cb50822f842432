"""Dead letters and the memory of feeds: what is kept comes back byte for byte."""

from datetime import datetime, timedelta

from pipeline.store import FeedState, Store
from transforms.article import DeadLetter, Document


def letter(body: bytes, noon: datetime, **known: str) -> DeadLetter:
    document = Document(origin="feeds/a.xml", media="feed", body=body, fetched=noon, content_type="text/xml")
    facts = {
        "step": "parse",
        "reason": "truncated-xml",
        "message": "it ends in the middle",
        "origin": "feeds/a.xml",
    }
    return DeadLetter(**{**facts, **known}, document=document)


def test_a_dead_letter_keeps_its_input_whole(store: Store, noon: datetime) -> None:
    body = bytes(range(256)) * 1000
    store.bury([letter(body, noon)], noon)
    (listed,) = store.dead_letters()
    assert (listed.step, listed.reason, listed.times) == ("parse", "truncated-xml", 1)
    assert 0 < listed.size < len(body)
    kept = store.dead_letter(listed.id)
    assert kept is not None
    assert kept.document == letter(body, noon).document
    assert kept.at == noon


def test_the_same_input_that_fails_again_is_one_letter(store: Store, noon: datetime) -> None:
    later = noon + timedelta(hours=1)
    store.bury([letter(b"<rss", noon), letter(b"<rss", noon)], noon)
    store.bury([letter(b"<rss", noon, message="it ends too soon")], later)
    store.bury(
        [letter(b"<rss", noon, origin="b.xml"), letter(b"<rdf", noon), letter(b"<rss", noon, step="clean")],
        later,
    )
    times = {each.id: each.times for each in store.dead_letters()}
    assert sorted(times.values()) == [1, 1, 1, 3]
    most = next(each for each in store.dead_letters() if each.times == 3)
    assert (most.message, most.first_at, most.last_at) == ("it ends too soon", noon, later)


def test_a_letter_can_hold_what_is_malformed_itself(store: Store, noon: datetime) -> None:
    store.bury([DeadLetter(step="parse", reason="gone", message="\0 and \ud800", origin="\udcff.txt")], noon)
    (listed,) = store.dead_letters()
    kept = store.dead_letter(listed.id)
    assert kept is not None
    assert (kept.document, kept.message) == (None, "\\0 and \\ud800")
    assert listed.size == 0


def test_a_replayed_letter_says_when_and_one_that_fails_again_is_open_again(
    store: Store, noon: datetime
) -> None:
    store.bury([letter(b"<rss", noon)], noon)
    (listed,) = store.dead_letters()
    store.resurrected(listed.id, noon)
    assert store.dead_letters()[0].resurrected_at == noon
    store.bury([letter(b"<rss", noon)], noon)
    assert store.dead_letters()[0].resurrected_at is None


def test_an_unknown_letter_is_none(store: Store, noon: datetime) -> None:
    assert store.dead_letter("nothing") is None
    store.resurrected("nothing", noon)
    assert store.dead_letters() == []


def test_a_feed_is_remembered_as_it_answered(store: Store, noon: datetime) -> None:
    assert store.feed("cnn") is None
    state = FeedState(
        id="cnn",
        url="https://cnn.example.org/rss",
        etag='W/"  ünclean \\" "',
        last_modified="Sat, 01 Jan 2026 00:00:00 gmt ",
        next_due=noon,
        first_fetched=noon,
        last_status=304,
        failures=2,
    )
    store.remember_feed(FeedState(id="cnn", url="https://old.example.org"))
    store.remember_feed(state)
    store.remember_feed(FeedState(id="voz", url="https://voz.example.org"))
    assert store.feed("cnn") == state
    assert [feed.id for feed in store.feeds()] == ["cnn", "voz"]


def test_all_is_there_after_the_store_was_closed(shared_url: str, noon: datetime) -> None:
    with Store.open(shared_url) as store:
        store.bury([letter(b"<rss", noon)], noon)
        store.remember_feed(FeedState(id="cnn", url="https://cnn.example.org"))
    with Store.open(shared_url) as store:
        assert (store.summary().dead_letters, store.summary().feeds) == (1, 1)
