"""The double alone, for demonstrations: prints where it listens, then every message as it comes."""

from __future__ import annotations

import argparse
import time

from tests.doubles.slack import TOKEN, SlackDouble
from tests.doubles.slack.seen import read


def main() -> None:
    """Listen until interrupted."""
    options = argparse.ArgumentParser(prog="python -m tests.doubles.slack", description=__doc__)
    options.add_argument("--port", type=int, default=0, help="where to listen; a free port by default")
    options.add_argument("--token", default=TOKEN, help="the bot token that it takes")
    options.add_argument(
        "--channel", action="append", help="a channel there is; any by default; may be repeated"
    )
    given = options.parse_args()
    with SlackDouble(token=given.token, channels=given.channel, port=given.port) as slack:
        print(f"base_url: {slack.url}\ntoken: {given.token}", flush=True)  # noqa: T201 - what it is for
        shown: dict[str, int] = {}
        try:
            while True:
                for message in slack.messages:
                    if shown.get(message.ts) != message.edits:
                        shown[message.ts] = message.edits
                        seen = read({"text": message.text, "blocks": message.blocks})
                        what = f"edit {message.edits}" if message.edits else "new"
                        print(f"\n[{message.channel} {message.ts} {what}]\n{seen}", flush=True)  # noqa: T201
                time.sleep(0.2)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
