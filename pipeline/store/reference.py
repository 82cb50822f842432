"""Where the store is, without its password: what travels to the workers, and how they open the store from it.

The password, or a URL that has one in it, is read by the process that opens the store, when it does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from pipeline.secrets import GOOGLE, Place, SecretManager, SecretRef
from pipeline.store import Store
from transforms.errors import Fault, Retry, StoreError

KINDS = ("sqlite", "postgresql")
ON_THE_COMMAND_LINE = (
    "a password does not belong on a command line, where everyone on the machine can read it: leave it out of --store,"
    " and write store_env, store_secret or store_password in the settings"
)


@dataclass(frozen=True)
class StoreRef:
    """Where the store is.

    Attributes:
        url: its URL, without a password; None where ``secret`` holds it.
        secret: holds the whole URL.
        password: holds the password that belongs to ``url``.
        place: where the settings or the command line say so.
        manager: where Secret Manager is asked.

    Raises:
        Fault: a password stands in the URL.
    """

    url: str | None = None
    secret: SecretRef | None = None
    password: SecretRef | None = None
    place: Place = field(default=Place(key="--store"), compare=False)
    manager: SecretManager = GOOGLE

    def __post_init__(self) -> None:
        if (self.url is None) == (self.secret is None) or (self.password is not None and self.url is None):
            raise ValueError("a store has a URL, or a secret that holds it; a password belongs to a URL")
        if self.url is not None and has_password(self.url):
            raise self._fault(ON_THE_COMMAND_LINE)

    def __str__(self) -> str:
        return self.url if self.url is not None else str(self.secret)

    def kind(self, environ: Mapping[str, str]) -> str:
        """``sqlite`` or ``postgresql``; empty where only a worker, or the network, knows."""
        url = self.url
        if self.secret is not None and self.secret.scheme != "secret-manager":
            url = None if self.why_not_here(environ) else self.resolve(environ)
        return (url or "").partition(":")[0].partition("+")[0]

    def why_not_here(self, environ: Mapping[str, str]) -> str | None:
        """Why the URL or its password cannot be read on this machine; None where it can, or only the network knows."""
        held = self.secret or self.password
        if held is None or held.scheme == "secret-manager":
            return None if held is None else held.why_not_here(environ)
        try:
            self.resolve(environ)
        except Fault as fault:
            return fault.message
        return None

    def resolve(self, environ: Mapping[str, str]) -> str:
        """The whole URL, with its password. Not to be kept, shown, or sent anywhere.

        Raises:
            Fault: a reference cannot be read, or what it holds is no URL of a store. The value is not repeated.
            StoreError: it cannot be read now.
        """
        try:
            if self.secret is not None:
                url = self.secret.read(environ, "the store's URL", self.manager).reveal().strip()
                self._checked(url)
                return url
            if self.password is None:
                return str(self.url)
            password = self.password.read(environ, "the store's password", self.manager).reveal()
            return self._checked(str(self.url)).set(password=password).render_as_string(hide_password=False)
        except Retry as error:
            raise StoreError(f"store {self}: {error}") from None

    def _checked(self, url: str) -> URL:
        # Nothing of it is repeated: where it is no URL, all of it may be a password.
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            parsed = None
        if parsed is None or parsed.get_backend_name() not in KINDS or "://" not in url:
            held = self.secret if self.secret is not None else "store"
            held = held.name if isinstance(held, SecretRef) and held.scheme == "env" else held
            raise self._fault(f"what {held} holds is no URL of a store, as postgresql://user@host/database")
        return parsed

    def _fault(self, message: str) -> Fault:
        return Fault(message, path=self.place.path, line=self.place.line, key=self.place.key)


def open_store(ref: StoreRef, environ: Mapping[str, str] | None = None, *, unchecked: bool = False) -> Store:
    """Open the store that this reference names, and bring its schema up to date.

    Args:
        ref: where the store is.
        environ: where references look; None: the environment of this process, as a worker has it.
        unchecked: whatever its schema is, as of ``Store.open``.

    Raises:
        Fault: a reference cannot be read.
        StoreError: the store cannot be used.
    """
    url = ref.resolve(os.environ if environ is None else environ)
    if url == ref.url:
        return Store.open(url, unchecked=unchecked)
    try:
        return Store.open(url, unchecked=unchecked)
    except StoreError as error:
        _told(error, url)


def _told(error: StoreError, url: str) -> NoReturn:
    """The same error, without any part of a URL that was a secret."""
    message = str(error)
    parsed = make_url(url)
    hidden = {
        url,
        parsed.password,
        parsed.render_as_string(hide_password=False),
        *map(str, parsed.query.values()),
    }
    for value in sorted((str(value) for value in hidden if value), key=len, reverse=True):
        message = message.replace(value, "(hidden)")
    raise type(error)(message) from None


def has_password(url: str) -> bool:
    """Whether a password stands in this URL, before the host or after the question mark."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return ":" in url.partition("://")[2].rpartition("@")[0]
    return parsed.password is not None or any("password" in key.casefold() for key in parsed.query)
