"""The shell's part in delivering: beside a run, or after one, what is due leaves at each sink's pace.

No step of the graph waits; this does, where it costs nobody anything.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from pipeline.cli import house
from pipeline.cli.terminal import say
from pipeline.courier import Courier
from pipeline.house import House
from pipeline.sinks import Sink, SinkSpec, SlackSpec
from pipeline.sinks.wording import moment, plural
from pipeline.store import Store
from transforms.errors import StoreError

AGAIN = 5.0  # seconds until the outbox is looked at again, after the store failed


def deliver_the_rest(memory: Store, needs: House) -> None:
    """Say what the graph left, at each sink's pace, until nothing can leave any more for now.

    Raises:
        StoreError: the store failed; nothing is lost.
    """
    if not memory.undelivered():
        return
    sinks = needs.sinks()
    try:
        Courier(memory, sinks, needs.clock).run(house.A_MOMENT)
    finally:
        for sink in sinks.values():
            sink.close()


@contextmanager
def listening(memory: Store, needs: House, specs: Sequence[SinkSpec]) -> Iterator[None]:
    """Hear what people press in Slack for as long as the block runs, where a sink has an app-level token.

    Raises:
        Fault: a token cannot be one, or cannot be read where it lies.
        Retry: a token cannot be read now.
    """
    with ExitStack() as listeners:
        for spec in specs:
            if isinstance(spec, SlackSpec) and spec.app_token is not None:
                if spec.token.scheme == "env" and not os.environ.get(spec.token.name, "").strip():
                    continue  # its alerts are shown on the console
                # The library is loaded only where somebody listens.
                from pipeline.buttons import Buttons  # noqa: PLC0415
                from pipeline.sinks.slack.socket import Listener  # noqa: PLC0415

                ref = spec.app_token
                listener = Listener(
                    ref.read(os.environ, "the app-level token").reveal().strip(),
                    spec.token.read(os.environ, "the bot token").reveal().strip(),
                    spec.base_url,
                    Buttons(memory, needs.clock).act,
                    say,
                    name=spec.name,
                    variable=ref.name if ref.scheme == "env" else str(ref),
                )
                listeners.enter_context(listener)
        yield


@contextmanager
def delivering(memory: Store, needs: House) -> Iterator[None]:
    """Deliver in a thread of its own for as long as the block runs."""
    stop = threading.Event()
    sinks = needs.sinks()
    thread = threading.Thread(target=_deliver, args=(memory, needs, sinks, stop), name="courier")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        for sink in sinks.values():
            sink.close()


def _deliver(memory: Store, needs: House, sinks: Mapping[str, Sink], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            Courier(memory, sinks, needs.clock, stop).run()
        except StoreError as error:
            say(str(error))
            stop.wait(AGAIN)


def held(memory: Store) -> Iterator[str]:
    """What policy or a person holds back, a line each."""
    for each in memory.held():
        many = plural(each.many, "message")
        if each.until is None:
            yield f"sink {each.sink}: {many} withheld ({each.reason}): tocsin deliveries shows them"
        else:
            yield f"sink {each.sink}: {many} held until {moment(each.until)} ({each.reason})"
