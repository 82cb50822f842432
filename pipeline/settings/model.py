"""Settings: everything that a settings file may say, checked. docs/configuration.md explains every key.

Plain data that is pickled to workers: of a secret it holds where it lies, never the value.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from pipeline.bundled import bundled
from pipeline.secrets import VARIABLE, Place, Reference, SecretRef
from pipeline.settings.amounts import Size
from pipeline.settings.files import is_remote
from pipeline.settings.runner import DirectSpec, RunnerSpec
from pipeline.settings.secrets import literal_secret
from pipeline.sinks.spec import SinkSpec, SlackSpec
from pipeline.sources.feeds import Feed
from pipeline.sources.queue.spec import QueueSpec
from transforms.lengths import Length
from transforms.policy import Desk, Policy, Route

if TYPE_CHECKING:
    from pipeline.store.reference import StoreRef

PACKAGED = "packaged"
"""In a list of files or folders: those that travel with Tocsin. As a model: the one that does."""

NO_MODEL = "none"
"""As a model: the rules alone."""

LARGEST_FEED = 15 * 2**20
"""What is read of an input at most; the same as ``transforms.parse.decoding.LIMIT``, which would bring Beam with it."""

STORES = ("sqlite", "postgresql")


def _store_url(value: str) -> str:
    # Nothing of the URL is repeated in these messages: a password may stand in it.
    scheme, rest = re.match(r"(?:([A-Za-z0-9+_]*):(?://)?)?(.*)", value, re.DOTALL).groups()  # type: ignore[union-attr]
    if scheme is None or scheme.partition("+")[0] not in STORES:
        raise ValueError(
            "must be the URL of a store: sqlite:///tocsin.db for a file, or postgresql://host/database"
        )
    if "://" not in value or not value.isprintable() or " " in value:
        raise ValueError("is no URL: write sqlite:///tocsin.db for a file, or postgresql://host/database")
    if scheme.startswith("sqlite") and rest and not rest.startswith("/"):
        raise ValueError("a slash is missing: sqlite:/// and the path, sqlite://// where it is absolute")
    if literal_secret("store", value):
        raise ValueError(
            "a password does not belong in a file: say where it lies as store_password, or name the variable that holds"
            " the URL as store_env"
        )
    return value


def _variable(value: str) -> str:
    if not VARIABLE.fullmatch(value):
        raise ValueError("must be the name of an environment variable, in capitals, as TOCSIN_STORE")
    return value


def _contact(value: str) -> str:
    if not (value.isascii() and value.isprintable()) or not re.search(r"\S@\S|^https?://\S", value):
        raise ValueError(
            "must be an address that a publisher can write to: desk@example.org or https://example.org"
        )
    return value


def _host(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._:-]+", value):
        raise ValueError("must be a host name or an address without scheme, port or path, as 127.0.0.1")
    return value.casefold()


def _listed(value: Any) -> Any:
    """One name may stand without a list around it."""
    return (value,) if isinstance(value, str) else value


Files = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=4096)], ...], BeforeValidator(_listed)]
"""Files or folders."""


class Part(BaseModel):
    """What the parts of the settings share: immutable, no unknown keys, input not repeated in errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Link(Part):
    """How articles become stories.

    Attributes:
        window: how long after its last article a story still takes in new coverage.
    """

    window: Annotated[Length, Field(gt=timedelta(0), le=timedelta(days=90))] = timedelta(hours=72)


class Limits(Part):
    """What no feed may exceed; one that does is given up on for this time, and asked again later.

    Attributes:
        feed: bytes of a feed as it is served, unpacked.
        fetch: how long the whole of it may take, redirects and all.
        in_hand: how long an article may be worked on; one that is not settled by then is taken up again.
        standstill: how long a job that runs for ever may show no sign of life before it is started again.
    """

    feed: Annotated[Size, Field(ge=1024, le=LARGEST_FEED)] = LARGEST_FEED
    fetch: Annotated[Length, Field(ge=timedelta(seconds=1), le=timedelta(minutes=10))] = timedelta(seconds=60)
    in_hand: Annotated[Length, Field(ge=timedelta(seconds=1), le=timedelta(days=1))] = timedelta(minutes=5)
    standstill: Annotated[Length, Field(ge=timedelta(seconds=15), le=timedelta(days=1))] = timedelta(
        minutes=5
    )


class Retention(Part):
    """How long the store remembers; `tocsin store prune` forgets what is older.

    Attributes:
        articles: how long an article is known again after it was settled.
        stories: how long a story stays after it last changed, with its articles, alert and messages.
        dead_letters: how long what could not be processed stays after it last failed.
    """

    articles: Annotated[Length, Field(ge=timedelta(days=1))] = timedelta(days=400)
    stories: Annotated[Length, Field(ge=timedelta(days=1))] = timedelta(days=400)
    dead_letters: Annotated[Length, Field(ge=timedelta(days=1))] = timedelta(days=90)


class Settings(Part):
    """Everything that a run must know.

    Attributes:
        store: URL of the store, or None: the command decides.
        store_env: the environment variable that holds the URL, where it has a password in it.
        store_secret: the reference to a secret that holds the URL.
        store_password: the reference to the password that belongs to ``store``.
        contact: who publishers may write to; goes into the User-Agent.
        watches: files and folders of watches; after loading, resolved.
        topics: the same of topics.
        entities: the same of entities.
        model: the spaCy pipeline that names things: `packaged`, `none`, an installed package or a model's folder.
        second_opinion: whether the packaged topics have one; False: their rules alone.
        feeds: the feeds that are polled.
        queues: the queues that are read.
        sinks: where alerts are heard.
        link: how articles become stories.
        limits: what no feed may exceed.
        retention: how long the store remembers.
        allow_hosts: hosts that feeds may be read from although their addresses are private.
        runner: the engine that the graph runs on.
        policy: how channels are told.
        channels: what is different in a channel, by its name as watches write it.
        routes: further channels in which alerts are told.
    """

    store: Annotated[str, Field(max_length=4096), AfterValidator(_store_url)] | None = None
    store_env: Annotated[str, AfterValidator(_variable)] | None = None
    store_secret: Reference | None = None
    store_password: Reference | None = None
    contact: Annotated[str, Field(max_length=200), AfterValidator(_contact)] | None = None
    watches: Annotated[Files, Field(min_length=1)] = (PACKAGED,)
    topics: Files = (PACKAGED,)
    entities: Files = (PACKAGED,)
    model: Annotated[str, Field(min_length=1, max_length=4096)] = PACKAGED
    second_opinion: bool = True
    feeds: tuple[Feed, ...] = ()
    queues: tuple[QueueSpec, ...] = ()
    sinks: Annotated[tuple[SinkSpec, ...], Field(min_length=1)] = (SlackSpec(),)
    link: Link = Link()
    limits: Limits = Limits()
    retention: Retention = Retention()
    allow_hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = ()
    runner: RunnerSpec = DirectSpec()
    policy: Policy = Policy()
    channels: dict[Annotated[str, Field(min_length=1, max_length=80)], Policy] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()

    _origin: str | None = PrivateAttr(default=None)
    _lines: dict[str, int] = PrivateAttr(default_factory=dict)

    @field_validator("store_secret")
    @classmethod
    def _one_store(cls, value: SecretRef | None, info: ValidationInfo) -> SecretRef | None:
        for other in ("store", "store_env"):
            if value is not None and info.data.get(other) is not None:
                raise ValueError(f"{other} is written too: keep one of them")
        return value

    @field_validator("store_password")
    @classmethod
    def _of_a_user(cls, value: SecretRef | None, info: ValidationInfo) -> SecretRef | None:
        if value is not None and not re.match(r"postgresql[+\w]*://[^/@]+@", info.data.get("store") or ""):
            raise ValueError("belongs to a store with a user: write store: postgresql://user@host/database")
        return value

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.store is not None and self.store_env is not None:
            raise ValueError("store and store_env are both written: keep one of them")
        return self

    @property
    def desk(self) -> Desk:
        """The policies of all channels."""
        return Desk(self.policy, self.channels, self.routes)

    @property
    def origin(self) -> str | None:
        """The file that these settings were read from, as it was named."""
        return self._origin

    def line_of(self, key: str) -> int | None:
        """The line of a key path in that file, as ``watches[0]``; None where it does not stand there."""
        return self._lines.get(key)

    def place_of(self, key: str) -> Place:
        """Where this key stands in that file, for errors."""
        return Place(self._origin, self.line_of(key), key)

    def store_ref(self) -> StoreRef | None:
        """Where the store is, without its password; None where the settings name none."""
        if self.store is None and self.store_env is None and self.store_secret is None:
            return None
        # Here, because the database's library takes its time to load.
        from pipeline.store.reference import StoreRef  # noqa: PLC0415

        if self.store is not None:
            return StoreRef(self.store, password=self.store_password, place=self.place_of("store"))
        if self.store_secret is not None:
            return StoreRef(secret=self.store_secret, place=self.place_of("store_secret"))
        place = self.place_of("store_env")
        return StoreRef(secret=SecretRef("env", str(self.store_env), place), place=place)

    def with_watches(self, *paths: str) -> Settings:
        """The same settings with the watches of these files and folders instead."""
        copy = self.model_copy(update={"watches": tuple(paths)})
        copy._lines = {key: line for key, line in self._lines.items() if not key.startswith("watches")}  # noqa: SLF001
        return copy


def packaged(kind: str) -> str:
    """The folder of watches, topics or entities that travels with Tocsin."""
    return str(bundled(f"configs/{kind}"))


def absolute(path: str) -> str:
    """The path as it is named from any working folder."""
    return path if is_remote(path) else os.path.abspath(path)  # noqa: PTH100 - links are kept as they are
