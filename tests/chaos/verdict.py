"""What came of a chaos run, held against what was promised: from the store, the double's messages and its journal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, select

from pipeline.store import Store
from pipeline.store.schema import deliveries
from tests.chaos.journal import LOST, Entry, Journal, Luck
from tests.chaos.stories import Story
from tests.doubles.slack import Message, SlackDouble
from tests.doubles.slack.seen import read

POST, UPDATE = "chat.postMessage", "chat.update"
READING = {"conversations.history", "conversations.replies"}


@dataclass
class Verdict:
    """What came of it; each list is of lines that name what went wrong.

    Attributes:
        lost: messages, edits and replies that should stand there and do not.
        doubled: deliveries that posted more than once, by why: their answer was lost, and so on.
        unexplained: those of them for which the journal has no reason.
        disordered: stories whose requests were carried out in another order than their numbers.
        waiting: messages that were still to be told.
        dead: dead letters, by Slack's word.
        sent: deliveries that were told, by kind.
        deleted: messages that were deleted by the double.
        again: deliveries that posted again what the double had deleted meanwhile.
    """

    lost: list[str] = field(default_factory=list)
    doubled: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    waiting: int = 0
    dead: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    deleted: int = 0
    again: int = 0


@dataclass
class _Case:
    """The evidence, sorted."""

    rows: dict[str, list[Row[Any]]]
    messages: dict[str, list[Message]]
    sent: dict[str, list[Entry]]
    readings: dict[str, list[Entry]]
    deleted_at: dict[tuple[str, str], float]
    kills: Sequence[float]


def judge(
    store: Store, slack: SlackDouble, journal: Journal, luck: Luck, stories: Iterable[Story]
) -> Verdict:
    """Hold what happened against what was promised."""
    case = _sorted(store, slack, journal, luck)
    verdict = Verdict(deleted=len(slack.deleted))
    known = {story.id: story for story in stories}
    for row in (row for rows in case.rows.values() for row in rows):
        if row.state == "waiting":
            verdict.waiting += 1
        elif row.state == "dead":
            verdict.dead[_why_dead(row, verdict)] += 1
        else:
            verdict.sent["edit" if row.kind == "message" and row.sequence > 1 else row.kind] += 1
    for story in known.values():
        verdict.lost += _missing(story, case)
        _in_order(story, case, verdict)
    for delivery, entries in case.sent.items():
        _doubles(delivery, [each for each in entries if each.method == POST], case, verdict)
    return verdict


def _sorted(store: Store, slack: SlackDouble, journal: Journal, luck: Luck) -> _Case:
    with store.transaction(write=False) as tx:
        found = tx.execute(select(deliveries).order_by(deliveries.c.alert, deliveries.c.sequence)).all()
    rows, messages = defaultdict(list), defaultdict(list)
    sent, readings = defaultdict(list), defaultdict(list)
    for row in found:
        rows[row.alert].append(row)
    for message in slack.workspace.messages:
        for delivery in message.deliveries:
            messages[delivery].append(message)
    for entry in journal.entries:
        if entry.delivery is not None and entry.accepted:
            sent[entry.delivery].append(entry)
        elif entry.method in READING:
            readings[entry.channel].append(entry)
    all_ = slack.workspace.messages
    gone = {(all_[at].channel, all_[at].ts): when for at, when in luck.deletions.items() if all_[at].deleted}
    return _Case(dict(rows), dict(messages), dict(sent), dict(readings), gone, journal.kills)


def _why_dead(row: Row[Any], verdict: Verdict) -> str:
    """Slack's word for why it is a dead letter; one that Slack did not refuse is lost."""
    said = str(row.error or "")
    for code in REFUSED:
        if code.replace("_", "-") in said or code in said:
            return code
    verdict.lost.append(f"{row.delivery} is a dead letter, and Slack did not refuse it: {said}")
    return "not refused"


REFUSED = ("channel_not_found", "is_archived", "invalid_blocks")
"""What the double refuses for good."""


def _missing(story: Story, case: _Case) -> list[str]:
    """What of a story should stand in its channel and does not."""
    rows = case.rows.get(story.id, [])
    if not rows:
        return [f"{story.headline(1)}: never came into the outbox"]
    lost = [
        f"{story.headline(1)}: {row.kind} {row.sequence} is recorded, and Slack never had it"
        for row in rows
        if row.state == "sent" and row.delivery not in case.sent
    ]
    last = [row for row in rows if row.kind == "message"][-1]
    if story.headline(story.states) not in last.body:
        lost.append(f"{story.headline(story.states)}: the last message is of another state")
    if last.state == "sent" and not _stands(last.delivery, story.headline(story.states), case):
        lost.append(f"{story.headline(story.states)}: stands nowhere")
    replies = [row for row in rows if row.kind == "reply"]
    if story.replied and not replies:
        lost.append(f"{story.reply()}: never came into the outbox")
    lost += [
        f"{story.reply()}: stands nowhere"
        for row in replies
        if row.state == "sent" and not _stands(row.delivery, story.reply(), case)
    ]
    return lost


def _stands(delivery: str, words: str, case: _Case) -> bool:
    """Whether a message of this delivery says so, or did until a person deleted it."""
    return any(
        message.delivery == delivery and words in read({"text": message.text, "blocks": message.blocks})
        for message in case.messages.get(delivery, ())
    )


def _in_order(story: Story, case: _Case, verdict: Verdict) -> None:
    """What was carried out for a story has rising numbers; and its replies stand under its own message."""
    rows = case.rows.get(story.id, [])
    numbers = sorted((entry.at, row.sequence) for row in rows for entry in case.sent.get(row.delivery, ()))
    told = [number for _, number in numbers]
    if told != sorted(told):
        verdict.disordered.append(f"{story.headline(1)}: told in the order {told}")
    roots = {
        (message.channel, message.ts)
        for row in rows
        if row.kind == "message"
        for message in case.messages.get(row.delivery, ())
    }
    for row in rows:
        for message in case.messages.get(row.delivery, ()) if row.kind == "reply" else ():
            if message.thread_ts is not None and (message.channel, message.thread_ts) not in roots:
                verdict.disordered.append(f"{story.reply()}: stands in another thread")


def _doubles(delivery: str, posts: Sequence[Entry], case: _Case, verdict: Verdict) -> None:
    """Why a delivery posted more than once."""
    reasons = [_reason(first, second, case) for first, second in pairwise(posts)]
    for reason in reasons:
        if reason is None:
            verdict.unexplained.append(f"{delivery}: posted {len(posts)} times, {posts}")
        elif reason == "deleted":
            verdict.again += 1
        else:
            verdict.doubled[reason] += 1


def _reason(first: Entry, second: Entry, case: _Case) -> str | None:
    """Why what was accepted was posted again; None where nothing explains it."""
    if first.trouble in LOST:
        lost = str(first.trouble)
    elif any(first.at <= kill <= second.at for kill in case.kills):
        lost = "its process was killed"
    else:
        return None
    if case.deleted_at.get((first.channel, first.ts), second.at) < second.at:
        return "deleted"
    # One message of a channel is on its way at a time: what was read there in between was read for this one.
    asked = [each for each in case.readings.get(first.channel, ()) if first.at <= each.at <= second.at]
    return lost if asked and not asked[-1].accepted else None
