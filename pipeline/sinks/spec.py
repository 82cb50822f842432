"""What a configuration may say about sinks: the console, a JSON Lines file, Slack, a webhook, e-mail.

Plain data that is pickled into the graph: of a secret it holds where it lies, never the value.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from pipeline.secrets import VARIABLE, Reference, SecretRef

SLACK_API = "https://slack.com/api/"


Security = Literal["starttls", "tls", "none"]
PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
"""Where a mail server listens, where the configuration does not say."""

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[?[0-9a-fA-F:.]{2,45}\]?")
_MAILBOX = re.compile(
    r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
)


def _mailbox(value: str) -> str:
    if not _MAILBOX.fullmatch(value) or ".." in value:
        raise ValueError("must be an e-mail address alone, in ASCII, as desk@example.org")
    return value


def _variable(value: str) -> str:
    if not VARIABLE.fullmatch(value):
        raise ValueError("must be the name of an environment variable, in capitals, never the secret itself")
    return value


Mailbox = Annotated[str, AfterValidator(_mailbox)]
Variable = Annotated[str, AfterValidator(_variable)]
Mailboxes = Annotated[tuple[Mailbox, ...], Field(max_length=100)]


class _Spec(BaseModel):
    """What all specs share: immutable, no unknown keys, and what was typed wrongly is not repeated in errors.

    Attributes:
        SECRET_KEYS: the keys that say where its secret lies: a variable, and in its place a reference.
        HELD: what that secret is, for errors.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    SECRET_KEYS: ClassVar[tuple[str, str] | None] = None
    HELD: ClassVar[str] = ""

    @property
    def secret_ref(self) -> SecretRef | None:
        """Where the secret of this sink lies; None where it has none."""
        if self.SECRET_KEYS is None:
            return None
        variable: str | None = getattr(self, self.SECRET_KEYS[0])
        reference: SecretRef | None = getattr(self, self.SECRET_KEYS[1])
        return reference or (SecretRef("env", variable) if variable is not None else None)

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if self.SECRET_KEYS is not None:
            variable, reference = self.SECRET_KEYS
            if getattr(self, reference) is not None and variable in self.model_fields_set:
                raise ValueError(f"{variable} and {reference} are both written: keep one of them")
        return self


def _name(field: str) -> Any:
    """The name of a sink where the configuration gives none: the value of this field, files with their path."""

    def made(data: dict[str, Any]) -> str:
        return f"jsonl:{data.get('path', '')}" if field == "path" else str(data.get("kind", ""))

    return Field(default_factory=made, min_length=1, max_length=300)


class ConsoleSpec(_Spec):
    """Alerts on standard output."""

    kind: Literal["console"] = "console"
    name: str = _name("kind")


class JsonlSpec(_Spec):
    """Alerts as JSON Lines in a file, which is made with its folders and only ever appended to."""

    kind: Literal["jsonl"] = "jsonl"
    path: str = Field(min_length=1)
    name: str = _name("path")


class SlackPace(_Spec):
    """How fast a workspace may be told.

    Attributes:
        messages: a second in each channel, replies and edits included.
        edits: a minute in all channels together.
    """

    messages: float = Field(default=1.0, gt=0, le=100)
    edits: int = Field(default=50, gt=0, le=100_000)


class SlackSpec(_Spec):
    """Alerts as Slack messages.

    Attributes:
        token_env: the environment variable that holds the bot token.
        token_secret: in its place, the reference to the bot token.
        app_token_env: the environment variable that holds an app-level token; with one, messages have buttons.
        app_token_secret: in its place, the reference to the app-level token.
        base_url: where the Slack API is; plain http only on this machine, since the token goes there.
        pace: how fast it may be told, where Slack gives the workspace another than it gives all.
    """

    SECRET_KEYS: ClassVar[tuple[str, str]] = ("token_env", "token_secret")
    HELD: ClassVar[str] = "the bot token"

    kind: Literal["slack"] = "slack"
    token_env: str = "SLACK_BOT_TOKEN"  # noqa: S105 - the name of the variable
    token_secret: Reference | None = None
    app_token_env: Variable | None = None
    app_token_secret: Reference | None = None
    base_url: str = SLACK_API
    pace: SlackPace = SlackPace()
    name: str = _name("kind")

    @field_validator("token_env")
    @classmethod
    def _a_variable(cls, value: str) -> str:
        if not value.isidentifier() or value.lower().startswith("xox"):
            raise ValueError(
                "token_env is the name of an environment variable, as SLACK_BOT_TOKEN, never the token"
            )
        return value

    @model_validator(mode="after")
    def _one_app_token(self) -> Self:
        if self.app_token_env is not None and self.app_token_secret is not None:
            raise ValueError("app_token_env and app_token_secret are both written: keep one of them")
        return self

    @property
    def token(self) -> SecretRef:
        """Where the bot token lies."""
        return self.token_secret or SecretRef("env", self.token_env)

    @property
    def app_token(self) -> SecretRef | None:
        """Where the app-level token lies; None where nobody listens to buttons."""
        return self.app_token_secret or (
            SecretRef("env", self.app_token_env) if self.app_token_env is not None else None
        )

    @field_validator("base_url")
    @classmethod
    def _safe(cls, value: str) -> str:
        url = urlsplit(value)
        here = url.hostname is not None and _loopback(url.hostname)
        if not url.hostname or url.username or url.query or url.fragment or not value.isprintable():
            raise ValueError(f"base_url is an address such as {SLACK_API}")
        if url.scheme != "https" and not (url.scheme == "http" and here):
            raise ValueError("base_url must be https: the token is sent there")
        return value if value.endswith("/") else value + "/"


class WebhookSpec(_Spec):
    """Alerts as signed POSTs to a receiver of the newsroom's own.

    Attributes:
        url: where they go; https, unless it is this machine or ``allow_http`` says otherwise.
        secret_env: the environment variable that holds the secret they are signed with.
        secret: in its place, the reference to that secret.
        allow_http: whether they may go in the clear to another machine.
    """

    SECRET_KEYS: ClassVar[tuple[str, str]] = ("secret_env", "secret")
    HELD: ClassVar[str] = "the secret that both sides hold"

    kind: Literal["webhook"] = "webhook"
    allow_http: bool = False
    url: str = Field(max_length=2000)
    secret_env: Variable | None = None
    secret: Reference | None = None
    name: str = _name("kind")

    @field_validator("url")
    @classmethod
    def _safe(cls, value: str, info: ValidationInfo) -> str:
        try:
            url = urlsplit(value)
            host, _ = url.hostname, url.port
        except ValueError:
            host = None
        if not host or url.username is not None or url.fragment or not value.isprintable() or " " in value:
            raise ValueError("must be an address such as https://alerts.example.org/tocsin")
        if url.scheme == "http" and not (_loopback(host) or info.data.get("allow_http")):
            raise ValueError(
                "must be https: alerts would go in the clear; where nobody else can listen, write"
                " allow_http: true"
            )
        if url.scheme not in {"http", "https"}:
            raise ValueError("must be https")
        return value

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.secret_ref is None and not _loopback(urlsplit(self.url).hostname or ""):
            raise ValueError(
                "secret_env is missing: name the environment variable that holds the secret, by which the receiver"
                " knows that an alert is yours"
            )
        return self


class EmailSpec(_Spec):
    """Alerts as mail.

    Attributes:
        host: the mail server.
        port: where it listens; None: as usual for this security.
        security: how the line is made safe; ``none`` only for a server on this machine.
        user: who logs in; None: nobody does.
        password_env: the environment variable that holds the password.
        password_secret: in its place, the reference to the password.
        sender: whom mail comes from; ``from`` in a file.
        to: who gets it.
        channels: who gets what goes to a channel, in place of ``to``.
    """

    model_config = ConfigDict(populate_by_name=True)

    SECRET_KEYS: ClassVar[tuple[str, str]] = ("password_env", "password_secret")
    HELD: ClassVar[str] = "the password of the mail account"

    kind: Literal["email"] = "email"
    security: Security = "starttls"
    host: str
    port: int | None = Field(default=None, ge=1, le=65535)
    user: str | None = Field(default=None, min_length=1, max_length=300)
    password_env: Variable | None = None
    password_secret: Reference | None = None
    sender: Mailbox = Field(alias="from")
    to: Mailboxes = ()
    channels: dict[str, Annotated[Mailboxes, Field(min_length=1)]] = Field(default_factory=dict)
    name: str = _name("kind")

    @field_validator("host")
    @classmethod
    def _a_host(cls, value: str, info: ValidationInfo) -> str:
        if not _HOST.fullmatch(value):
            raise ValueError("must be the name or the address of a mail server, without scheme or port")
        value = value.strip("[]")
        if info.data.get("security") == "none" and not _loopback(value):
            raise ValueError(
                "is another machine, where security may not be none: alerts and password would go in the clear"
            )
        return value

    @field_validator("user")
    @classmethod
    def _printable(cls, value: str | None) -> str | None:
        if value is not None and not (value.isascii() and value.isprintable()):
            raise ValueError("must be in ASCII")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.to and not self.channels:
            raise ValueError("to is missing: write who gets the mail, as to: [desk@example.org]")
        if self.user is not None and self.secret_ref is None:
            raise ValueError("password_env is missing: name the environment variable that holds the password")
        if self.user is None and self.secret_ref is not None:
            raise ValueError("user is missing: a password belongs to one")
        return self

    def receivers(self, channel: str) -> tuple[str, ...]:
        """Who gets what goes to this channel, which may be written with and without its ``#``."""
        bare = channel.removeprefix("#")
        for written, mailboxes in self.channels.items():
            if written.removeprefix("#") == bare:
                return mailboxes
        return self.to


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


SinkSpec = Annotated[
    ConsoleSpec | JsonlSpec | SlackSpec | WebhookSpec | EmailSpec, Field(discriminator="kind")
]
"""One sink as a configuration states it; ``kind`` says which."""
