"""Silences and verdicts: what people told Tocsin about its alerts.

A silence mutes what has not left yet; a verdict, right or wrong, is kept for trying rules on old news.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select, update

from pipeline.store.schema import silences, verdicts
from transforms.article import Model, Moment
from transforms.desk.mute import Silence

Said = Literal["right", "wrong"]


class Verdict(Model):
    """What a person said of an alert.

    Attributes:
        alert: its id.
        who: the person, by an id that stays, as a sink knows it.
        name: how people call them.
        verdict: right or wrong.
        at: when.
    """

    alert: str
    who: str
    name: str | None = None
    verdict: Said
    at: Moment


def muting(tx: Connection, now: datetime) -> list[Silence]:
    """The silences that hold now."""
    rows = tx.execute(
        select(silences.c.body, silences.c.until).where(silences.c.until > now, silences.c.made <= now)
    )
    return [_silence(row.body, row.until) for row in rows]


def listed(tx: Connection) -> list[Silence]:
    """All silences, those that end last first."""
    rows = tx.execute(
        select(silences.c.body, silences.c.until).order_by(silences.c.until.desc(), silences.c.silence)
    )
    return [_silence(row.body, row.until) for row in rows]


def _silence(body: str, until: datetime) -> Silence:
    return Silence.model_validate_json(body).model_copy(update={"until": until})


def keep(tx: Connection, insert: Any, silence: Silence) -> None:
    """Keep a silence; the same id again changes nothing."""
    row = {
        "silence": silence.id,
        "body": silence.model_dump_json(),
        "made": silence.made,
        "until": silence.until,
    }
    tx.execute(insert(silences).on_conflict_do_nothing(), row)


def end(tx: Connection, silence: str, now: datetime) -> bool:
    """End a silence now; False where there is none of this id that still holds."""
    done = tx.execute(
        update(silences).where(silences.c.silence == silence, silences.c.until > now).values(until=now)
    )
    return bool(done.rowcount)


def judge(tx: Connection, insert: Any, verdict: Verdict) -> None:
    """Keep a verdict; a later word of the same person takes its place."""
    statement = insert(verdicts)
    put = {name: statement.excluded[name] for name in ("verdict", "name", "at")}
    tx.execute(
        statement.on_conflict_do_update(index_elements=["alert", "who"], set_=put), verdict.model_dump()
    )


def judged(tx: Connection, alert: str | None = None) -> list[Verdict]:
    """Verdicts, the newest first: of one alert, or all."""
    asked = select(verdicts).order_by(verdicts.c.at.desc(), verdicts.c.alert, verdicts.c.who)
    if alert is not None:
        asked = asked.where(verdicts.c.alert == alert)
    return [Verdict.model_validate(dict(row)) for row in tx.execute(asked).mappings()]
