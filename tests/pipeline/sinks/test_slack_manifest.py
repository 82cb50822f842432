"""The app that the manifest makes may do what the code asks, and nothing more."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.sinks.slack.scopes import APP_SCOPES, BOT_SCOPES

ROOT = Path(__file__).parents[3]
CODE = ROOT / "pipeline" / "sinks" / "slack"
# As slack_sdk calls them, "chat_postMessage", and as Slack does.
CALLED = re.compile(
    r"""["'.](auth|chat|conversations|apps|users|reactions|files|views|pins)[_.]([a-z]+[A-Za-z.]*)["'(]"""
)


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    made = yaml.safe_load((ROOT / "deploy" / "slack" / "manifest.yaml").read_text(encoding="utf-8"))
    assert isinstance(made, dict)
    return made


def asked() -> set[str]:
    """The methods that the code asks."""
    return {
        f"{family}.{method}"
        for file in CODE.rglob("*.py")
        if file.name != "scopes.py"
        for family, method in CALLED.findall(file.read_text(encoding="utf-8"))
    }


def test_the_scopes_are_those_of_the_methods(manifest: dict[str, Any]) -> None:
    granted = manifest["oauth_config"]["scopes"]["bot"]
    assert len(granted) == len(set(granted))
    assert set(granted) == {scope for scopes in BOT_SCOPES.values() for scope in scopes}
    assert set(manifest["oauth_config"]["scopes"]) == {"bot"}


def test_every_method_that_is_asked_has_its_scopes_named() -> None:
    known = BOT_SCOPES.keys() | APP_SCOPES.keys()
    assert {"chat.postMessage", "chat.update", "conversations.replies"} <= asked() <= known


def test_buttons_reach_it_without_a_public_address(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}
    assert manifest["settings"]["socket_mode_enabled"] is True


def test_it_fits_slacks_form(manifest: dict[str, Any]) -> None:
    shown = manifest["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert re.fullmatch("#[0-9a-f]{6}", shown["background_color"])
    assert len(manifest["features"]["bot_user"]["display_name"]) <= 80
