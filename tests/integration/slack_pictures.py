"""Pictures of the seeds' alert in Slack: the five articles arrive one by one, the message is drawn after each.

``python -m tests.integration.slack_pictures docs`` writes ``slack-1.png`` to ``slack-5.png``. What is drawn is what a
Slack server on loopback was sent; the recorded feed is taken, since its entries have addresses to link to.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

from pipeline.sinks.slack.preview import Shown, page, picture
from tests.doubles.slack import Message, SlackDouble

ROOT = Path(__file__).parents[2]
FEED = ROOT / "seeds" / "recorded" / "feed.atom.xml"
CHANNEL = "elections"
ATOM = "{http://www.w3.org/2005/Atom}"


def feeds(folder: Path) -> list[Path]:
    """The recorded feed as five feeds of one entry, in its order."""
    ET.register_namespace("", ATOM[1:-1])
    whole = FEED.read_bytes()
    files = []
    for place in range(len(ET.fromstring(whole).findall(f"{ATOM}entry"))):  # noqa: S314 - our own file
        feed = ET.fromstring(whole)  # noqa: S314
        for other, entry in enumerate(feed.findall(f"{ATOM}entry")):
            if other != place:
                feed.remove(entry)
        files.append(folder / f"{place + 1}.atom.xml")
        ET.ElementTree(feed).write(files[-1], encoding="utf-8", xml_declaration=True)
    return files


def arrive(slack: SlackDouble, folder: Path, feed: Path) -> Message:
    """Read one feed; the message of the watch as it stands then."""
    (folder / "c.yaml").write_text(f"sinks: [{{kind: slack, base_url: '{slack.url}'}}]\n", encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("tocsin")),
        *("replay", str(feed), "--config", "c.yaml", "--store", "sqlite:///news.db"),
    ]
    subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"SLACK_BOT_TOKEN": slack.token},
        check=True,
        stderr=subprocess.DEVNULL,
    )
    room = slack.workspace.names()[CHANNEL]
    return next(message for message in slack.messages if message.channel == room)


def main() -> None:
    """Draw them all."""
    options = argparse.ArgumentParser(prog="python -m tests.integration.slack_pictures", description=__doc__)
    options.add_argument("out", type=Path, help="folder for the pictures")
    out: Path = options.parse_args().out
    with tempfile.TemporaryDirectory() as name, SlackDouble() as slack:
        folder = Path(name)
        for step, feed in enumerate(feeds(folder), 1):
            message = arrive(slack, folder, feed)
            drawn = page([Shown(message.blocks, edited=bool(message.edits))], channel=CHANNEL)
            (out / f"slack-{step}.png").write_bytes(picture(drawn))
            print(f"drawn: {out / f'slack-{step}.png'}")  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
