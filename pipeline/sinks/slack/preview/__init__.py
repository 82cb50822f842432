"""What Slack would show, drawn here: Block Kit as a page of HTML, and that page as a PNG.

``mrkdwn.py`` reads Slack's markup as Slack does, ``page.py`` lays blocks out as its light message view, ``picture.py``
lets an installed Chromium look at the page. Nothing is loaded from anywhere.
"""

from __future__ import annotations

from pipeline.sinks.slack.preview.page import Shown, page
from pipeline.sinks.slack.preview.picture import browser, picture

__all__ = ["Shown", "browser", "page", "picture"]
