"""Sources, the connections of this process that no reader uses now.

Which worker thread reads which partition changes from one moment to the next; connections, and what they fetched ahead,
stay with the partition.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from pipeline.sources.queue.broker import Broker
from pipeline.sources.queue.spec import KafkaSpec

MOST = 64  # connections that may wait for their next use

Key = tuple[str, int]


class Idle:
    """Brokers by queue and partition, for one reader at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._brokers: dict[Key, Broker] = {}

    @contextmanager
    def broker(self, queue: KafkaSpec, partition: int = -1) -> Iterator[Broker]:
        """A broker for this partition (-1: for the topic as a whole); given back afterwards, closed after an error.

        Raises:
            Fault: as ``Broker``.
        """
        key = (queue.model_dump_json(), partition)
        with self._lock:
            broker = self._brokers.pop(key, None)
        broker = broker or Broker(queue)
        try:
            yield broker
        except BaseException:
            broker.close()
            raise
        with self._lock:
            stale = [self._brokers.pop(key)] if key in self._brokers else []
            self._brokers[key] = broker
            stale += [self._brokers.pop(old) for old in list(self._brokers)[:-MOST]]
        for one in stale:
            one.close()

    def close(self) -> None:
        """Let go of all of them."""
        with self._lock:
            brokers, self._brokers = list(self._brokers.values()), {}
        for broker in brokers:
            broker.close()


@cache
def idle() -> Idle:
    """Those of this process."""
    return Idle()
