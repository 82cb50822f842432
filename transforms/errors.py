"""The kinds of error: a fault of the user's, poison, retry, refused.

Every message carries what is wrong, where, and what to change; the command line prints it as it is.
"""

from __future__ import annotations


class TocsinError(Exception):
    """The root of all errors that Tocsin raises on purpose."""


class Fault(TocsinError):  # noqa: N818 - a fault is the word for what a user wrote wrongly
    """Something the user wrote is wrong: configuration, a watch, an argument.

    Args:
        message: what is wrong, with the value, and what to do.
        path: the file it stands in, where there is one.
        line: the line in that file, from 1.
        key: the key path in that file, as ``when.all[0].topic``.
    """

    def __init__(
        self, message: str, *, path: str | None = None, line: int | None = None, key: str | None = None
    ):
        self.message, self.path, self.line, self.key = message, path, line, key
        place = ":".join(str(part) for part in (path, line) if part is not None)
        super().__init__(": ".join(part for part in (place, key, message) if part))

    def __reduce__(self) -> tuple[object, ...]:
        return _fault, (self.message, self.path, self.line, self.key)


def _fault(message: str, path: str | None, line: int | None, key: str | None) -> Fault:
    return Fault(message, path=path, line=line, key=key)


class Faults(TocsinError):  # noqa: N818 - several of them
    """Every fault that was found, so that all can be mended at once."""

    def __init__(self, faults: list[Fault]):
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


class Poison(TocsinError):  # noqa: N818 - the word of the design
    """This input can never work: it goes to the dead letters at once, whole.

    Args:
        reason: one typed word or two with dashes, as ``binary`` or ``truncated-xml``: it names a counter.
        message: one line for a person.
    """

    def __init__(self, reason: str, message: str):
        self.reason, self.message = reason, message
        super().__init__(f"{reason}: {message}")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.reason, self.message)


class Retry(TocsinError):  # noqa: N818 - the word of the design
    """It may work later.

    Args:
        message: one line for a person.
        after: seconds to wait at least, where the other side said so.
        unknown: True where the other side may have carried it out (a lost answer).
    """

    def __init__(self, message: str, *, after: float | None = None, unknown: bool = False):
        self.message, self.after, self.unknown = message, after, unknown
        super().__init__(message)


class Refused(TocsinError):  # noqa: N818 - the word of the design
    """Configuration or permission stands in the way: no retry helps until a person changes it."""


class StoreError(TocsinError):
    """The store cannot be used: it names the store and what to do."""


class WrongStore(StoreError):  # noqa: N818 - it is one of them
    """The configuration names what can be no store: a person must name another."""
