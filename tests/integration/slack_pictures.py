"""Pictures of the seeds' alert in Slack: the five articles arrive one by one, the message is drawn after each.

``python -m tests.integration.slack_pictures docs`` writes ``slack-1.png`` to ``slack-5.png``. What is drawn is what a
Slack server on loopback was sent; the recorded feed is taken, since its entries have addresses to link to.
"""

from __future__ import annotations

import argparse
import os
import struct
import subprocess
import sys
import tempfile
import zlib
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


def small(png: bytes) -> bytes:
    """The same picture with a palette of few colours: a third of the size, and nobody sees it.

    Takes what Chromium writes: 8 bits of red, green and blue, not interlaced.
    """
    chunks, place = dict[bytes, bytes](), 8
    while place < len(png):
        length = int.from_bytes(png[place : place + 4], "big")
        kind = png[place + 4 : place + 8]
        chunks[kind] = chunks.get(kind, b"") + png[place + 8 : place + 8 + length]
        place += 12 + length
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    rows = _rows(zlib.decompress(chunks[b"IDAT"]), 3 * width)
    few = bytes(min(255, (value + 8) // 16 * 16) for value in range(256))
    colours = dict[bytes, int]()
    body = bytearray()
    for row in rows:
        told = bytes(row).translate(few)
        body.append(0)
        body += bytes(colours.setdefault(told[at : at + 3], len(colours)) for at in range(0, 3 * width, 3))
    return png[:8] + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            (b"PLTE", b"".join(colours)),
            (b"IDAT", zlib.compress(bytes(body), 9)),
            (b"IEND", b""),
        )
    )


def _rows(data: bytes, size: int) -> list[bytearray]:
    """The rows of a picture, their filters taken off (PNG specification, clause 9)."""
    rows, before = list[bytearray](), bytearray(size)
    for start in range(0, len(data), size + 1):
        kind, row = data[start], bytearray(data[start + 1 : start + 1 + size])
        for at in range(size if kind else 0):
            left, up, corner = (row[at - 3], before[at], before[at - 3]) if at > 2 else (0, before[at], 0)
            row[at] = (row[at] + _guess(kind, left, up, corner)) & 255
        rows.append(row)
        before = row
    return rows


def _guess(kind: int, left: int, up: int, corner: int) -> int:
    if kind < 4:
        return (0, left, up, (left + up) // 2)[kind]
    middle = left + up - corner
    return min((left, up, corner), key=lambda value: abs(middle - value))


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
            (out / f"slack-{step}.png").write_bytes(small(picture(drawn)))
            print(f"drawn: {out / f'slack-{step}.png'}")  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
