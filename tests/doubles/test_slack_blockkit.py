"""Slack's double holds buttons, menus and pictures to Block Kit's limits: at a limit passes, one more does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.doubles.slack.blockkit import faults, pressable, texts

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def button(number: int = 0, **changes: Any) -> Block:
    return {"type": "button", "text": plain("Mute"), "action_id": f"a{number}", "value": "v"} | changes


def actions(*elements: Any) -> Block:
    return {"type": "actions", "elements": list(elements)}


def section(**more: Any) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "words"}} | more


def image(**changes: Any) -> Block:
    return {"type": "image", "image_url": "https://x.example.org/a.png", "alt_text": "a map"} | changes


def menu(kind: str, many: int, **changes: Any) -> Block:
    options = [{"text": plain(f"o{number}"), "value": f"v{number}"} for number in range(many)]
    return {"type": kind, "action_id": "m", "options": options} | changes


CONFIRM = {"title": plain("Sure?"), "text": plain("It is muted."), "confirm": plain("Mute")}

FINE: list[Block] = [
    actions(*(button(number) for number in range(25))),
    actions(button(text=plain("x" * 75), value="v" * 2000, action_id="a" * 255, style="danger")),
    actions(button(url="https://x.example.org/" + "a" * 2900, accessibility_label="l" * 75)),
    actions({key: value for key, value in button().items() if key != "value"}),
    actions(button(confirm=CONFIRM)),
    actions(
        menu("static_select", 100, placeholder=plain("for how long")), menu("overflow", 5, action_id="n")
    ),
    section(accessory=button()),
    section(accessory=menu("overflow", 1)),
    section(accessory=image()),
    section(fields=[plain("x" * 2000)] * 10),
    {"type": "context", "elements": [image(), plain("words")]},
    image(title=plain("where")),
]
WRONG: list[tuple[Block, str]] = [
    (actions(*(button(number) for number in range(26))), "/elements"),
    (actions(), "/elements"),
    (actions(button(text=plain("x" * 76))), "/text"),
    (actions(button(text={"type": "mrkdwn", "text": "x"})), "/text"),
    (actions(button(value="v" * 2001)), "/value"),
    (actions(button(value="")), "/value"),
    (actions(button(action_id="a" * 256)), "/action_id"),
    (actions(button(1), button(1)), "/action_id"),
    (actions(button(style="loud")), "/style"),
    (actions(button(url="javascript:alert(1)")), "/url"),
    (actions(button(colour="red")), "/colour"),
    (actions(button(confirm={"title": plain("Sure?")})), "/confirm"),
    (actions(plain("no button")), "/elements/0"),
    (actions(image()), "/elements/0"),
    (actions(menu("static_select", 101)), "/options"),
    (actions(menu("overflow", 6)), "/options"),
    (actions(menu("static_select", 1, initial_option={"text": plain("x"), "value": "x"})), "/initial_option"),
    (section(accessory=plain("words")), "/accessory"),
    (section(accessory=button(value="v" * 2001)), "/accessory/value"),
    (section(accessory=image(alt_text="")), "/alt_text"),
    (section(fields=[]), "/fields"),
    (section(fields=[plain("x")] * 11), "/fields"),
    ({"type": "context", "elements": [plain("x")] * 11}, "/elements"),
    ({"type": "context", "elements": [button()]}, "/elements/0"),
    ({"type": "context", "elements": [image(image_url="nowhere")]}, "/image_url"),
]


@pytest.mark.parametrize("block", FINE)
def test_what_is_within_the_limits_passes(block: Block) -> None:
    assert faults([block]) == []


@pytest.mark.parametrize(("block", "place"), WRONG)
def test_what_is_over_a_limit_is_refused_with_its_place(block: Block, place: str) -> None:
    assert any(place in fault for fault in faults([block]))


def test_words_on_buttons_are_words_of_the_message() -> None:
    blocks = [
        actions(button(text=plain("Mute"))),
        section(accessory=button(text=plain("Why"))),
        actions(menu("overflow", 1)),
    ]
    assert [text["text"] for text in texts(blocks)] == ["Mute", "words", "Why"]


def test_what_can_be_pressed_is_found_with_its_block() -> None:
    blocks = [
        actions(button(1)) | {"block_id": "b"},
        section(accessory=button(2)),
        section(accessory=image()),
    ]
    assert [(block, item["action_id"]) for block, item in pressable(blocks)] == [
        ("b", "a1"),
        ("made-1", "a2"),
    ]
