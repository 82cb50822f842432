"""What is kept as JSON and read again and again: the same words are parsed once, and what was just written never."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class ReadBack(Generic[T]):
    """Reads words, and remembers what the latest of them say; threads may share it.

    Args:
        parse: reads them; what it gives is never changed afterwards.
        size: so many are remembered.
    """

    def __init__(self, parse: Callable[[str], T], size: int):
        self._parse, self._size = parse, size
        self._known: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, words: str) -> T:
        """What these words say."""
        with self._lock:
            if words in self._known:
                self._known.move_to_end(words)
                return self._known[words]
        said = self._parse(words)
        self.put(words, said)
        return said

    def put(self, words: str, said: T) -> None:
        """Remember what was written in these words."""
        with self._lock:
            self._known[words] = said
            self._known.move_to_end(words)
            while len(self._known) > self._size:
                self._known.popitem(last=False)
