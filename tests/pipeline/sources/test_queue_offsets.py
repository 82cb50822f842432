"""What is read of a partition: whatever happens between two messages, no offset is lost, and none is read twice."""

from __future__ import annotations

import math
import pickle

import pytest
from apache_beam.coders import BytesCoder
from apache_beam.runners.worker.opcounters import OperationCounters
from apache_beam.utils.counters import CounterFactory
from hypothesis import given
from hypothesis import strategies as some

from pipeline.sources.queue.offsets import ENDLESS, Offsets, OffsetsProvider, OffsetsTracker

PARTITIONS = some.lists(some.integers(0, 400), unique=True).map(sorted)
"""The offsets that hold a message; the others are gaps."""


def tracked(start: int = 0, stop: int = ENDLESS) -> OffsetsTracker:
    return OffsetsTracker(Offsets(start=start, stop=stop))


@given(
    PARTITIONS,
    some.lists(some.integers(1, 20), min_size=1),
    some.integers(0, 50),
    some.none() | some.integers(0, 450),
)
def test_checkpoints_at_any_place_give_every_message_once_and_positions_without_gaps(
    messages: list[int], bundles: list[int], start: int, stop: int | None
) -> None:
    end = ENDLESS if stop is None else max(start, stop)
    rest: Offsets | None = Offsets(start=start, stop=end)
    read: list[int] = []
    positions: list[tuple[int, int]] = []
    for turn in range(len(messages) + 2):
        assert rest is not None
        tracker = OffsetsTracker(rest)
        place = rest.start
        there = [offset for offset in messages if offset >= place]
        most = bundles[turn % len(bundles)]
        for offset in there[:most]:
            if not tracker.try_claim(offset):
                break
            read.append(offset)
            positions.append((place, offset + 1))
            place = offset + 1
        else:
            if len(there) <= most and end != ENDLESS:
                tracker.try_claim(end)  # the broker says that there is no more
        split = tracker.try_split(0)
        assert tracker.check_done()
        rest = split[1] if split else None
        if rest is None or (len(there) <= most and end == ENDLESS):
            break
    assert read == [offset for offset in messages if start <= offset < end]
    assert [begin for begin, _ in positions] == [start, *(stop for _, stop in positions)][: len(positions)]
    assert rest is None or end == ENDLESS


@given(some.integers(0, 10**12), some.integers(0, 1000), some.floats(0.01, 1))
def test_a_partition_is_never_divided_ahead_of_its_reader(start: int, length: int, fraction: float) -> None:
    tracker = tracked(start, start + length)
    assert tracker.try_split(fraction) is None
    assert tracker.current_restriction() == Offsets(start=start, stop=start + length)


def test_a_checkpoint_before_anything_was_read_leaves_all_of_it() -> None:
    tracker = tracked(7)
    assert tracker.try_split(0) == (Offsets(start=7, stop=7), Offsets(start=7))
    assert tracker.check_done()
    assert not tracker.try_claim(7)


@given(some.integers(0, 10**12), some.none() | some.integers(0, 5), some.integers(0, 5))
def test_progress_is_a_share_of_the_range_at_any_place_before_and_behind_a_checkpoint(
    start: int, length: int | None, read: int
) -> None:
    tracker = tracked(start, ENDLESS if length is None else start + length)
    for offset in range(start, start + min(read, 5 if length is None else length)):
        assert tracker.try_claim(offset)
    assert 0 <= tracker.current_progress().fraction_completed <= 1
    tracker.try_split(0)
    assert tracker.current_progress().fraction_completed == 1


@given(some.none() | some.integers(0, 5), some.integers(0, 5))
def test_progress_stays_a_number_where_beam_has_not_yet_sized_a_message(
    length: int | None, read: int
) -> None:
    tracker = tracked(7, ENDLESS if length is None else 7 + length)
    for offset in range(7, 7 + min(read, 5 if length is None else length)):
        assert tracker.try_claim(offset)
    unsized = OperationCounters(CounterFactory(), "step", BytesCoder(), 0).mean_byte_counter.value()[0]
    assert math.isnan(unsized)
    assert 0 <= tracker.current_progress().with_completed(unsized).fraction_completed <= 1


def test_a_second_checkpoint_gives_nothing_more() -> None:
    tracker = tracked(7)
    assert tracker.try_claim(9)
    assert tracker.try_split(0) == (Offsets(start=7, stop=10), Offsets(start=10))
    assert tracker.try_split(0) is None


def test_what_was_claimed_is_not_claimed_again() -> None:
    tracker = tracked(7)
    assert tracker.try_claim(9)
    with pytest.raises(ValueError, match="offset 9 was claimed before: the next is 10"):
        tracker.try_claim(9)
    with pytest.raises(ValueError, match="claimed before"):
        tracker.try_claim(8)


def test_a_range_that_was_neither_read_nor_left_over_is_an_error() -> None:
    tracker = tracked(3, 9)
    assert tracker.try_claim(4)
    with pytest.raises(ValueError, match="offsets 5 to 9 were neither read nor left over"):
        tracker.check_done()


def test_an_endless_range_says_so_to_the_runner() -> None:
    provider = OffsetsProvider()
    assert not tracked(0).is_bounded()
    assert tracked(0, 5).is_bounded()
    assert provider.restriction_size(None, Offsets(start=5)) == 1
    assert provider.restriction_size(None, Offsets(start=5, stop=9)) == 4


def test_a_drained_job_reads_no_further() -> None:
    provider = OffsetsProvider()
    assert provider.truncate(None, Offsets(start=5)) is None
    assert provider.truncate(None, Offsets(start=5, stop=9)) == Offsets(start=5, stop=9)


def test_ranges_travel_as_json() -> None:
    coder = OffsetsProvider().restriction_coder()
    assert coder.encode(Offsets(start=5, stop=9)) == b'{"start":5,"stop":9}'
    assert coder.decode(coder.encode(Offsets(start=5))) == Offsets(start=5)
    assert pickle.loads(pickle.dumps(coder)) == coder  # noqa: S301 - our own bytes
