"""Secrets by reference: what settings, graph, options and templates carry is where a secret lies, never the secret.

A reference is read where the secret is used, by the process that uses it: ``env:NAME``, ``file:/absolute/path``, or
``secret-manager:projects/P/secrets/S/versions/V``.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import util
from ipaddress import ip_address
from typing import Annotated, Any, Final, Literal, NoReturn, get_args

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from transforms.errors import Fault, Retry

VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,127}")
"""In capitals: a secret that stands in its place is then seen for what it is."""

LARGEST: Final = 64 * 2**10
"""Bytes of a secret at most; Secret Manager holds no larger ones."""

ROLE: Final = "roles/secretmanager.secretAccessor"
FORMS: Final = "env:NAME, file:/run/secrets/name or secret-manager:projects/P/secrets/S/versions/latest"

Scheme = Literal["env", "file", "secret-manager"]
_NAMES: Final[dict[Scheme, re.Pattern[str]]] = {
    "env": VARIABLE,
    "file": re.compile(r"/[^\0]{1,4095}"),
    "secret-manager": re.compile(
        r"projects/[a-z0-9][a-z0-9.:-]{0,62}/secrets/[A-Za-z0-9_-]{1,255}/versions/[A-Za-z0-9_-]{1,63}"
    ),
}
_PACKAGE: Final = "google.cloud.secretmanager_v1"


class Secret:
    """A secret's value, which shows itself to nobody but who asks for it by ``reveal``, and does not travel."""

    __slots__ = ("_value",)

    def __init__(self, value: str):
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __str__(self) -> str:
        return "(hidden)"

    def __format__(self, _: str) -> str:
        return "(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled: its reference travels, and is read where it is used")


@dataclass(frozen=True)
class Place:
    """Where the settings name a secret, for errors."""

    path: str | None = None
    line: int | None = None
    key: str | None = None


@dataclass(frozen=True)
class SecretManager:
    """Where Google's Secret Manager is asked.

    Attributes:
        endpoint: host and port in place of Google's own; on this machine it is spoken to without TLS and without
            credentials, which go nowhere else than over TLS.
        patience: seconds that an answer may take, with all tries.
    """

    endpoint: str | None = None
    patience: float = 20.0

    def access(self, name: str) -> bytes:
        """What this version of a secret holds.

        Raises:
            Fault: the package is missing, or there is no such version, or no leave to read it: what to change.
            Retry: Secret Manager cannot be reached now.
        """
        try:
            # Here, because only who keeps secrets there has the package.
            from google.api_core import exceptions, retry  # noqa: PLC0415
            from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError  # noqa: PLC0415
        except ImportError:
            raise Fault(NOT_INSTALLED) from None
        try:
            with self._client() as client:
                answer = client.access_secret_version(
                    name=name,
                    retry=retry.Retry(
                        predicate=retry.if_exception_type(
                            exceptions.ServiceUnavailable, exceptions.TooManyRequests
                        ),
                        initial=0.2,
                        maximum=2.0,
                        timeout=self.patience,
                    ),
                    timeout=self.patience,
                )
        except exceptions.NotFound:
            raise Fault("Secret Manager has no such secret or version; make it, or name another") from None
        except (exceptions.PermissionDenied, exceptions.Unauthenticated):
            raise Fault(
                f"Secret Manager gives no leave to read it: grant {ROLE} on it to the account that runs this"
            ) from None
        except exceptions.FailedPrecondition:
            raise Fault("this version is disabled or destroyed: enable it, or name another") from None
        except DefaultCredentialsError:
            raise Fault(
                "there are no Google credentials here: run as an account that has"
                f" {ROLE} on it (GOOGLE_APPLICATION_CREDENTIALS, or the account of the machine)"
            ) from None
        except (exceptions.GoogleAPIError, GoogleAuthError) as error:
            raise Retry(
                f"Secret Manager does not answer ({type(error).__name__}); it is asked again"
            ) from None
        return bytes(answer.payload.data)

    def _client(self) -> Any:
        try:
            from google.cloud import secretmanager_v1  # noqa: PLC0415
        except ImportError:
            raise Fault(NOT_INSTALLED) from None
        if self.endpoint is None:
            return secretmanager_v1.SecretManagerServiceClient()
        if not _on_this_machine(self.endpoint):
            return secretmanager_v1.SecretManagerServiceClient(client_options={"api_endpoint": self.endpoint})
        import grpc  # noqa: PLC0415

        transport = secretmanager_v1.SecretManagerServiceClient.get_transport_class("grpc")
        return secretmanager_v1.SecretManagerServiceClient(
            transport=transport(channel=grpc.insecure_channel(self.endpoint))
        )


NOT_INSTALLED: Final = (
    "Secret Manager needs the package google-cloud-secret-manager: install tocsin[dataflow]; the account needs the role"
    f" {ROLE}"
)
GOOGLE: Final = SecretManager()


@dataclass(frozen=True)
class SecretRef:
    """Where a secret lies. Holds no secret; may stand in files, graphs and logs.

    Attributes:
        scheme: what kind of place it is.
        name: the variable, the file, or the version of a secret.
        place: where the settings name it.
    """

    scheme: Scheme
    name: str
    place: Place = field(default=Place(), compare=False)

    @classmethod
    def parse(cls, text: str) -> SecretRef:
        """The reference that this text is.

        Raises:
            ValueError: it is none; the text, which may be a secret, is not repeated.
        """
        scheme, _, name = text.partition(":")
        for known in get_args(Scheme):
            if scheme == known and _NAMES[known].fullmatch(name) and name.isprintable():
                return cls(known, name)
        raise ValueError(f"must be a reference to a secret: {FORMS}; never the secret itself")

    def __str__(self) -> str:
        return f"{self.scheme}:{self.name}"

    def at(self, path: str | None, line: int | None, key: str) -> SecretRef:
        """The same reference, knowing where it stands in the settings."""
        return replace(self, place=Place(path, line, key))

    def read(
        self, environ: Mapping[str, str], what: str = "the secret", manager: SecretManager = GOOGLE
    ) -> Secret:
        """The secret, read now.

        Args:
            environ: the environment of the process that needs it.
            what: what the secret is, for errors, as "the bot token".
            manager: where Secret Manager is asked.

        Raises:
            Fault: it cannot be read: the reference, where the settings name it, and what to change.
            Retry: it cannot be read now.
        """
        try:
            value = self._value(environ, what, manager)
        except Fault as fault:
            raise self._fault(fault.message) from None
        except Retry as error:
            raise Retry(str(self._fault(str(error)))) from None
        return Secret(value)

    def why_not_here(self, environ: Mapping[str, str], what: str = "the secret") -> str | None:
        """Why it cannot be read on this machine; None where it can, or where only the network knows."""
        try:
            if self.scheme == "secret-manager":
                return None if _installed() else f"{self}: {NOT_INSTALLED}"
            self.read(environ, what)
        except Fault as fault:
            return fault.message
        return None

    def _value(self, environ: Mapping[str, str], what: str, manager: SecretManager) -> str:
        if self.scheme == "env":
            value = environ.get(self.name, "").strip()
            if not value:
                raise Fault(f"the environment variable {self.name} is not set: it must hold {what}")
            return value
        body = _contents(self.name) if self.scheme == "file" else manager.access(self.name)
        if len(body) > LARGEST:
            raise Fault(f"it is larger than {LARGEST // 2**10} KiB: that is not {what}")
        try:
            value = body.decode("utf-8").removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise Fault(f"it is no UTF-8 text: it must hold {what}") from None
        if not value.strip():
            raise Fault(f"it is empty: it must hold {what}")
        return value

    def _fault(self, message: str) -> Fault:
        said = message if self.scheme == "env" else f"{self}: {message}"
        return Fault(said, path=self.place.path, line=self.place.line, key=self.place.key)


def _taken(value: Any) -> SecretRef:
    if isinstance(value, SecretRef):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "must be text")
    return SecretRef.parse(value)


Reference = Annotated[SecretRef, PlainValidator(_taken)]
"""A reference to a secret as a key of a settings file holds it."""


def _contents(path: str) -> bytes:
    try:
        # Without waiting: a pipe in the place of the file would be waited for without end.
        opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            os.close(opened)
            raise Fault("it is no regular file: mount the secret as one, and name that file")
        with os.fdopen(opened, "rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        raise Fault("there is no such file: mount the secret there, or name another file") from None
    except PermissionError:
        raise Fault("it may not be read by the account that runs this: give it leave to") from None
    except OSError as error:
        raise Fault(
            f"it cannot be read: {error.strerror or type(error).__name__}; name another file"
        ) from None


def _installed() -> bool:
    try:
        return util.find_spec(_PACKAGE) is not None
    except ModuleNotFoundError:
        return False


def _on_this_machine(endpoint: str) -> bool:
    host = endpoint.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
