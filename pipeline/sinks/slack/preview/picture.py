"""A page as a PNG, through a Chromium that is installed here; it gets no network and runs no script of the page."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pipeline.sinks.hostile import clip, harmless
from pipeline.sinks.slack.preview.page import WIDTH
from transforms.errors import Refused, Retry

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMEOUT: Final = 120
"""Seconds for one look at a page; a cold start on a busy machine takes a few."""

_FLAGS: Final = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-lcd-text",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_LOW: Final = 400
_TALLEST: Final = 16_000
_HEIGHT: Final = re.compile(r'data-height="([0-9]{1,6})"')
_POLICY: Final = "default-src 'none';"


def browser(environ: Mapping[str, str] = os.environ) -> str | None:
    """The browser that would look at a page; None where none is installed."""
    path = environ.get("PATH")
    return next((found for name in BROWSERS if (found := shutil.which(name, path=path))), None)


def picture(html: str, *, scale: float = 1.0) -> bytes:
    """A page of ``page()`` as a PNG, as wide as Slack's pane and as tall as its content.

    Args:
        html: of ``page()``.
        scale: pixels of the picture for one of the page.

    Raises:
        Refused: no browser is installed, or it cannot look at pages.
        Retry: it did not answer in time.
    """
    found = browser()
    if found is None:
        raise Refused(
            f"no browser to draw a PNG with (looked for {', '.join(BROWSERS)}): install chromium, or write FILE.html"
        )
    with tempfile.TemporaryDirectory(prefix="tocsin-preview-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        height = _height(found, html, folder)
        drawn = folder / "drawn.png"
        flags = (f"--force-device-scale-factor={scale}", f"--screenshot={drawn}")
        said = _look(found, html, folder, height, flags)
        if not drawn.is_file():
            raise Refused(f"{found} drew nothing: {_last(said)}; write FILE.html instead")
        return drawn.read_bytes()


def _height(found: str, html: str, folder: Path) -> int:
    """How tall the page is: asked of the browser by a script of ours, the only one that may run."""
    nonce = secrets.token_hex(16)
    asked = html.replace(_POLICY, f"{_POLICY} script-src 'nonce-{nonce}';", 1).replace(
        "</body>",
        f'<script nonce="{nonce}">document.documentElement.dataset.height ='
        ' Math.ceil(document.querySelector("main").getBoundingClientRect().bottom)</script></body>',
    )
    said = _look(found, asked, folder, _LOW, ("--dump-dom",))
    told = _HEIGHT.search(said)
    if told is None:
        raise Refused(f"{found} does not say how tall the page is: {_last(said)}; write FILE.html instead")
    return min(int(told[1]), _TALLEST)


def _look(found: str, html: str, folder: Path, height: int, flags: Sequence[str]) -> str:
    """Let the browser open a page once; what it said."""
    file = folder / "page.html"
    file.write_text(html, encoding="utf-8")
    root = (
        ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    )  # it refuses to start otherwise
    command = [
        found,
        *_FLAGS,
        *root,
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={WIDTH},{height}",
        *flags,
        file.as_uri(),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - the browser that was found
            command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        late = True
    except OSError as error:
        raise Refused(f"{found} cannot be started: {error.strerror}; write FILE.html instead") from None
    else:
        late = False
    if late:
        raise Retry(f"{found} did not draw the page within {TIMEOUT} seconds: try again, or write FILE.html")
    return done.stdout or done.stderr


def _last(said: str) -> str:
    lines = said.strip().splitlines()
    return clip(harmless(lines[-1]), 200) if lines else "it said nothing"
