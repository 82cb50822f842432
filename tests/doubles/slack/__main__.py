"""The double alone, for demonstrations: prints where it listens, then every message as it comes."""

from __future__ import annotations

import argparse
import contextlib
import time

from tests.doubles.slack import APP_TOKEN, TOKEN, Script, SlackDouble
from tests.doubles.slack.seen import read


def main() -> None:
    """Listen until interrupted."""
    options = argparse.ArgumentParser(prog="python -m tests.doubles.slack", description=__doc__)
    options.add_argument("--port", type=int, default=0, help="where to listen; a free port by default")
    options.add_argument("--token", default=TOKEN, help="the bot token that it takes")
    options.add_argument("--app-token", default=APP_TOKEN, help="the app-level token that it takes")
    options.add_argument(
        "--channel", action="append", help="a channel there is; any by default; may be repeated"
    )
    options.add_argument("--rates", action="store_true", help="refuse what comes faster than Slack's pace")
    options.add_argument(
        "--trouble",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="the share of requests, up to 1, that something befalls: 429, 500, 503, resets, slow answers",
    )
    options.add_argument("--seed", type=int, default=0, help="of the trouble")
    given = options.parse_args()
    with SlackDouble(
        token=given.token,
        app_token=given.app_token,
        channels=given.channel,
        port=given.port,
        rates=given.rates,
        script=_script(given.seed, given.trouble) if given.trouble else None,
        remember=1000,
    ) as slack:
        print(  # noqa: T201 - what it is for
            f"base_url: {slack.url}\ntoken: {given.token}\napp token: {given.app_token}", flush=True
        )
        with contextlib.suppress(KeyboardInterrupt):
            _show(slack)


def _show(slack: SlackDouble) -> None:
    """Print every message and edit, for ever."""
    shown: dict[tuple[str, str], int] = {}
    while True:
        for message in slack.messages:
            known = message.channel, message.ts
            if shown.get(known) != message.edits:
                shown[known] = message.edits
                seen = read({"text": message.text, "blocks": message.blocks}) or message.text
                what = f"edit {message.edits}" if message.edits else "reply" if message.thread_ts else "new"
                print(f"\n[{message.channel} {message.ts} {what}]\n{seen}", flush=True)  # noqa: T201
        time.sleep(0.2)


def _script(seed: int, share: float) -> Script:
    each = share / 7
    return Script(
        seed,
        limited=each,
        broken=each,
        unavailable=each,
        broken_after=each,
        reset_before=each,
        reset_after=each,
        slow=each,
    )


if __name__ == "__main__":
    main()
