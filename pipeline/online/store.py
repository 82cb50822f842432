"""Asking the store: is it there, and which schema has it. It is neither made nor brought up to date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import make_url

from pipeline.online.finding import Finding
from pipeline.secrets import Place
from pipeline.settings.model import Settings
from pipeline.store.database import Away
from pipeline.store.reference import StoreRef, open_store
from pipeline.store.schema import HEAD
from transforms.errors import Fault, StoreError, WrongStore


def store_online(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """What the store says."""
    ref = settings.store_ref()
    if ref is None:
        yield Finding("note", "store: none is named; it is not asked")
        return
    try:
        yield from _asked(ref, environ)
    except Away as error:
        yield Finding("unreached", str(error), ref.place)
    except Fault as fault:
        yield Finding("fault", fault.message, Place(fault.path, fault.line, fault.key))
    except WrongStore as error:
        yield Finding("fault", str(error), ref.place)
    except StoreError as error:
        # What opening it says of a secret that cannot be read now; what is wrong with it was told by its schema.
        yield Finding("unreached", str(error), ref.place)


def _asked(ref: StoreRef, environ: Mapping[str, str]) -> Iterator[Finding]:
    if (missing := _not_yet(ref.resolve(environ))) is not None:
        yield Finding("note", f"store {ref}: {missing}", ref.place)
        return
    with open_store(ref, environ, unchecked=True) as store:
        try:
            version = store.version()
        except Away:
            raise
        except StoreError as error:
            yield Finding("fault", str(error), ref.place)
            return
        if version == HEAD:
            yield Finding("note", f"store {store.name}: schema {version}, as it should be", ref.place)
            return
        has = "it holds nothing of Tocsin yet" if version is None else f"it has the older schema {version}"
        if store.migrates:
            yield Finding(
                "note", f"store {store.name}: {has}; the next run brings it up to {HEAD}", ref.place
            )
        else:
            advice = "run `tocsin store migrate --store URL` with this URL, once"
            yield Finding("fault", f"store {store.name}: {has}: {advice}", ref.place)


def _not_yet(url: str) -> str | None:
    """Why a SQLite store is not opened: it would be made by that; None where it may be."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    if parsed.database in {None, "", ":memory:"}:
        return "it is in memory, and forgotten when a run ends"
    return None if Path(str(parsed.database)).exists() else "it is not there yet; the first run makes it"
