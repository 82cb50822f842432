"""A double of Google's Secret Manager: a real gRPC server on loopback that knows some versions of secrets.

Needs google-cloud-secret-manager, whose messages it speaks; it is loaded when the double is started.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

METHOD = "AccessSecretVersion"
SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"


@dataclass
class SecretManagerDouble:
    """Secret Manager on loopback.

    Attributes:
        endpoint: host and port.
        held: what each version holds.
        refusals: how the next calls are refused, in this order, before anything is looked up; the last one stays.
        asked: the names that were asked for.
        carried: what every call carried besides: here would stand credentials.
    """

    endpoint: str = ""
    held: dict[str, bytes] = field(default_factory=dict)
    refusals: list[grpc.StatusCode | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    carried: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: Any, context: grpc.ServicerContext) -> Any:
        from google.cloud import secretmanager_v1  # noqa: PLC0415 - see above

        self.asked.append(request.name)
        self.carried.append(dict(context.invocation_metadata()))
        refusal = self.refusals.pop(0) if len(self.refusals) > 1 else next(iter(self.refusals), None)
        if refusal is not None:
            context.abort(refusal, f"refused; it held {self.held.get(request.name)!r}")
        if request.name not in self.held:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Secret Version [{request.name}] not found.")
        return secretmanager_v1.AccessSecretVersionResponse(
            name=request.name, payload={"data": self.held[request.name]}
        )


@contextmanager
def secret_manager() -> Iterator[SecretManagerDouble]:
    """The double, listening on a free port."""
    from google.cloud import secretmanager_v1  # noqa: PLC0415 - see above

    double = SecretManagerDouble()
    handler = grpc.unary_unary_rpc_method_handler(
        double.answer,
        request_deserializer=secretmanager_v1.AccessSecretVersionRequest.deserialize,
        response_serializer=secretmanager_v1.AccessSecretVersionResponse.serialize,
    )
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),))
    double.endpoint = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield double
    finally:
        server.stop(None).wait()
