"""Sources, Kafka: the messages of a topic as documents, each with the offsets that it stands for.

The broker is asked from where the store is, and is never what remembers: a message that was read and not taken in
is read again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Literal

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput
from apache_beam.utils.timestamp import Duration

from pipeline.sources.queue.broker import Broker, Got
from pipeline.sources.queue.idle import idle
from pipeline.sources.queue.offsets import ENDLESS, Offsets, OffsetsProvider, OffsetsTracker
from pipeline.sources.queue.positions import PositionMemory
from pipeline.sources.queue.spec import KafkaSpec
from transforms.article import DeadLetter, Document, Model, Position
from transforms.coder import ModelCoder
from transforms.errors import Refused, Retry
from transforms.parse.decoding import LIMIT

STEP = "source"
DEAD = "dead"

MESSAGES, BYTES, SECONDS = 500, 2_000_000, 2.0
"""What one bundle takes of a partition at most, whichever comes first."""
ROUND_OFFSETS, ROUND_BYTES, ROUND_SECONDS = 5_000, 32_000_000, 60.0
"""What one bounded round takes of a partition at most: the round holds all of it in memory."""
PATIENCE, SHORT = 5.0, 1.0  # seconds for an answer, and where others wait meanwhile
FIRST, WAIT = 5.0, 0.2  # seconds for the first message of a connection, and for each further one
REST = 1  # seconds after a partition had nothing new
REST_LONGEST = 5  # the same, while no broker answers
LOOK_FOR_PARTITIONS = 30  # seconds
TELL_THE_BROKER = 10.0  # seconds

Memory = Callable[[], PositionMemory]
Clock = Callable[[], datetime]


def now() -> datetime:
    """The time on this machine."""
    return datetime.now(UTC)


class Part(Model):
    """Offsets ``[start, stop)`` of one partition that are to be read."""

    queue: str
    partition: int
    start: int
    stop: int = ENDLESS


beam.coders.registry.register_coder(Part, ModelCoder)


def name_of(queue: KafkaSpec, partition: int) -> str:
    """What the store calls a partition."""
    return f"{queue.topic}/{partition}"


def begun(queue: KafkaSpec, memory: PositionMemory) -> bool:
    """Whether this queue was read before: a partition that the store does not know then is a new one."""
    return memory.position(queue.id, name_of(queue, 0)) is not None


def begin(queue: KafkaSpec, partition: int, broker: Broker, memory: PositionMemory, *, added: bool) -> int:
    """How far the store is with this partition; it is told where the partition begins, where it did not know.

    Raises:
        Retry, Refused: the broker had to be asked, and does not say.
    """
    part = name_of(queue, partition)
    position = memory.position(queue.id, part)
    if position is None:
        low, high = broker.ends(partition, SHORT)
        position = memory.begin(queue.id, part, low if added or queue.start == "earliest" else high)
    return position


class _WithQueues(beam.DoFn):
    def __init__(self, queues: Sequence[KafkaSpec], memory: Memory):
        self.queues = {queue.id: queue for queue in queues}
        self.open_memory = memory


class ListParts(_WithQueues):
    """Ids of queues in; Part out, each up to where its messages end now. A queue that does not answer gives none."""

    def process(self, queue_id: str) -> Iterator[Part]:
        queue = self.queues[queue_id]
        with idle().broker(queue) as broker, closing(self.open_memory()) as memory:
            added = begun(queue, memory)
            try:
                for partition in range(broker.partitions(SHORT if broker.outage.lasts else PATIENCE)):
                    start = begin(queue, partition, broker, memory, added=added)
                    stop = broker.ends(partition, SHORT)[1]
                    if stop < start:
                        broker.outage.met(broker.made_anew(partition, start, stop))
                    else:
                        yield Part(queue=queue_id, partition=partition, start=start, stop=stop)
            except (Retry, Refused) as error:
                broker.outage.met(str(error))


class FindParts(_WithQueues, OffsetsProvider):
    """Ids of queues in; Part out, without end: each partition once, those that are added later too.

    Partitions are numbered from 0 and never taken away; how many were given is the range that is claimed.
    """

    def initial_restriction(self, queue_id: str) -> Offsets:  # noqa: ARG002 - Beam's signature
        return Offsets(start=0)

    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        queue_id: str,
        tracker: OffsetsTracker = beam.DoFn.RestrictionParam(),  # noqa: B008 - Beam's way to ask for it
    ) -> Iterator[Part]:
        queue, rest = self.queues[queue_id], LOOK_FOR_PARTITIONS
        with idle().broker(queue) as broker, closing(self.open_memory()) as memory:
            added = begun(queue, memory)
            try:
                for partition in range(tracker.current_restriction().start, broker.partitions(SHORT)):
                    start = begin(queue, partition, broker, memory, added=added)
                    if not tracker.try_claim(partition):
                        return
                    yield Part(queue=queue_id, partition=partition, start=start)
            except (Retry, Refused) as error:
                broker.outage.met(str(error))
                rest = REST_LONGEST
        tracker.defer_remainder(Duration(seconds=rest))


class _ReadPart(_WithQueues, OffsetsProvider):
    """Part in; Document out, and ``dead``: DeadLetter for what can be none."""

    def __init__(
        self, queues: Sequence[KafkaSpec], memory: Memory, clock: Clock = now, limit: int = LIMIT
    ) -> None:
        super().__init__(queues, memory)
        self.clock, self.limit = clock, limit
        self.came = Metrics.counter(STEP, "in")
        self.went = Metrics.counter(STEP, "on")
        self._memory: PositionMemory | None = None
        self._told: dict[tuple[str, int], tuple[float, int | None]] = {}

    def setup(self) -> None:
        if any(queue.group for queue in self.queues.values()):
            self._memory = self.open_memory()

    def teardown(self) -> None:
        if self._memory is not None:
            self._memory.close()

    def initial_restriction(self, part: Part) -> Offsets:
        if part.stop == ENDLESS:
            return Offsets(start=part.start)
        return Offsets(start=part.start, stop=min(part.stop, part.start + ROUND_OFFSETS))

    def split(self, part: Part, restriction: Offsets) -> Iterator[Offsets]:  # noqa: ARG002 - Beam's signature
        yield restriction

    def _made(self, queue: KafkaSpec, part: Part, start: int, got: Got) -> Document | DeadLetter:
        """The document of a message, or the dead letter of one that is too large to be kept."""
        name = name_of(queue, part.partition)
        origin = f"kafka:{name}@{got.offset}"
        position = Position(queue=queue.id, part=name, start=start, end=got.offset + 1)
        wrong = self._wrong(got)
        if wrong is not None:
            Metrics.counter(STEP, f"stopped:{wrong[0]}").inc()
            return DeadLetter(
                step=STEP,
                reason=wrong[0],
                message=wrong[1],
                origin=origin,
                at=self.clock(),
                position=position,
            )
        self.went.inc()
        return Document(
            origin=origin, media=queue.media, body=got.value or b"", fetched=self.clock(), order=got.offset,
            outlet=queue.outlet, position=position,
        )  # fmt: skip

    def _wrong(self, got: Got) -> tuple[str, str] | None:
        """Why a message can be no document, as a typed word and a line for a person."""
        if got.value is None:
            return "no-value", "the message has no value: its key was deleted"
        if len(got.value) > self.limit:
            said = f"{len(got.value):,} bytes; the most that is read is {self.limit:,}. It stays in the topic"
            return "too-large", said
        return None

    def _read(
        self, part: Part, tracker: OffsetsTracker, broker: Broker, most: tuple[int, int, float]
    ) -> Iterator[Any]:
        """What there is now; claimed one by one, up to so many messages, bytes and seconds."""
        queue = self.queues[part.queue]
        messages, size, until = 0, 0, time.monotonic() + most[2]
        start = place = tracker.current_restriction().start
        for got in broker.read(part.partition, place, FIRST, WAIT):
            if not tracker.try_claim(got.offset):
                broker.rewind()
                return
            self.came.inc()
            made = self._made(queue, part, start, got)
            yield TaggedOutput(DEAD, made) if isinstance(made, DeadLetter) else made
            start = got.offset + 1
            messages, size = messages + 1, size + len(got.value or b"")
            at_end = (
                got.offset + 1 >= tracker.current_restriction().stop
            )  # to be told so would take half a second
            if at_end or messages >= most[0] or size >= most[1] or time.monotonic() >= until:
                return

    def _tell(self, queue: KafkaSpec, partition: int, broker: Broker) -> None:
        """Tell the broker how far the store is, now and then."""
        if queue.group is None or self._memory is None:
            return
        at, told = self._told.get((queue.id, partition), (0.0, None))
        if at and time.monotonic() - at < TELL_THE_BROKER:
            return
        offset = self._memory.position(queue.id, name_of(queue, partition))
        if offset is not None and offset != told:
            broker.commit(partition, offset)
        self._told[queue.id, partition] = time.monotonic(), offset


class ReadRound(_ReadPart):
    """Part in, up to its end: one round. What a round has no room for, the next one reads."""

    def process(
        self,
        part: Part,
        tracker: OffsetsTracker = beam.DoFn.RestrictionParam(),  # noqa: B008 - Beam's way to ask for it
    ) -> Iterator[Document | TaggedOutput[Literal["dead"], DeadLetter]]:
        queue, stop = self.queues[part.queue], tracker.current_restriction().stop
        with idle().broker(queue, part.partition) as broker:
            self._tell(queue, part.partition, broker)
            if tracker.current_restriction().start < stop:
                yield from self._read(part, tracker, broker, (ROUND_OFFSETS, ROUND_BYTES, ROUND_SECONDS))
            broker.rewind()
        tracker.try_claim(stop)


class ReadForever(_ReadPart):
    """Part in, without end: what there is, then a rest, then on."""

    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        part: Part,
        tracker: OffsetsTracker = beam.DoFn.RestrictionParam(),  # noqa: B008 - Beam's way to ask for it
    ) -> Iterator[Document | TaggedOutput[Literal["dead"], DeadLetter]]:
        queue, came = self.queues[part.queue], 0
        with idle().broker(queue, part.partition) as broker:
            self._tell(queue, part.partition, broker)
            for out in self._read(part, tracker, broker, (MESSAGES, BYTES, SECONDS)):
                came += 1
                yield out
            if not came:
                broker.look()
            lasts = broker.outage.lasts
        rest = 0 if came else min(REST_LONGEST, max(REST, int(lasts)))
        tracker.defer_remainder(Duration(seconds=rest))


class KafkaQueue(beam.PTransform):
    """Kafka topics as documents: PBegin in; ``main`` PCollection[Document], ``dead`` PCollection[DeadLetter] out.

    Every document, and every dead letter without one, has the position that the store is to remember in the transaction
    that takes it in. A message may come more than once: the store, which knows the position, drops doubles.

    Args:
        queues: which.
        memory: opens what remembers the positions, in the worker.
        bounded: True for one round up to the end of each partition as it stands (at most ``ROUND_OFFSETS``);
            False for ever.
        clock: the time now.
        limit: bytes that one message may have.
    """

    def __init__(
        self,
        queues: Sequence[KafkaSpec],
        memory: Memory,
        *,
        bounded: bool,
        clock: Clock = now,
        limit: int = LIMIT,
    ) -> None:
        super().__init__()
        self.queues, self.memory, self.bounded = tuple(queues), memory, bounded
        self.clock, self.limit = clock, limit

    def expand(self, pipeline: beam.pvalue.PBegin) -> Any:
        find, read = (ListParts, ReadRound) if self.bounded else (FindParts, ReadForever)
        ids = [queue.id for queue in self.queues]
        return (
            pipeline
            | "queues" >> beam.Create(ids, reshuffle=False).with_output_types(str)
            | "partitions" >> beam.ParDo(find(self.queues, self.memory))
            | "read"
            >> beam.ParDo(read(self.queues, self.memory, self.clock, self.limit)).with_outputs(
                DEAD, main="main"
            )
        )
