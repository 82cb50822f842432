"""What a configuration may say about sinks: the console, a JSON Lines file, Slack.

Plain data that is pickled into the graph: of a secret it holds where it lies, never the value.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.secrets import Reference, SecretRef

SLACK_API = "https://slack.com/api/"


class _Spec(BaseModel):
    """What all specs share: immutable, no unknown keys, and what was typed wrongly is not repeated in errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


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
        base_url: where the Slack API is; plain http only on this machine, since the token goes there.
        pace: how fast it may be told, where Slack gives the workspace another than it gives all.
    """

    kind: Literal["slack"] = "slack"
    token_env: str = "SLACK_BOT_TOKEN"  # noqa: S105 - the name of the variable
    token_secret: Reference | None = None
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
    def _one_token(self) -> Self:
        if self.token_secret is not None and "token_env" in self.model_fields_set:
            raise ValueError("token_env and token_secret are both written: keep one of them")
        return self

    @property
    def token(self) -> SecretRef:
        """Where the bot token lies."""
        return self.token_secret or SecretRef("env", self.token_env)

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


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


SinkSpec = Annotated[ConsoleSpec | JsonlSpec | SlackSpec, Field(discriminator="kind")]
"""One sink as a configuration states it; ``kind`` says which."""
