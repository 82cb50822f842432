"""Secrets out of Secret Manager: found, not found, not allowed, not there now; asked of a real server on loopback."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import grpc
import pytest

from pipeline.secrets import ROLE, SecretManager, SecretRef
from pipeline.sinks import SlackSpec, open_sinks
from pipeline.sinks.slack import SlackSink
from pipeline.store.reference import StoreRef, open_store
from tests.doubles.secret_manager import SecretManagerDouble, secret_manager
from transforms.errors import Fault, Retry, StoreError, TocsinError

pytestmark = pytest.mark.runners

NAME = "projects/newsroom/secrets/desk/versions/3"
VALUE = "correct-horse-that-must-not-be-seen"
REF = SecretRef("secret-manager", NAME).at("s.yaml", 4, "store_secret")


@pytest.fixture
def double() -> Iterator[SecretManagerDouble]:
    with secret_manager() as started:
        started.held[NAME] = VALUE.encode()
        yield started


@pytest.fixture
def manager(double: SecretManagerDouble) -> SecretManager:
    return SecretManager(double.endpoint, patience=2.0)


def failing(manager: SecretManager) -> TocsinError:
    with pytest.raises(TocsinError) as caught:
        REF.read({}, manager=manager)
    assert VALUE not in str(caught.value) + repr(caught.getrepr())
    assert str(REF) in str(caught.value)
    assert str(caught.value).startswith("s.yaml:4: store_secret: ")
    return caught.value


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_version_is_read_by_its_whole_name(
    double: SecretManagerDouble, manager: SecretManager, end: bytes
) -> None:
    double.held[NAME] = VALUE.encode() + end
    assert REF.read({}, manager=manager).reveal() == VALUE
    assert double.asked == [NAME]
    assert "authorization" not in double.carried[0]


def test_a_version_that_does_not_exist_is_a_fault(
    double: SecretManagerDouble, manager: SecretManager
) -> None:
    double.held = {}
    error = failing(manager)
    assert isinstance(error, Fault)
    assert "no such secret or version" in str(error)


@pytest.mark.parametrize("code", [grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED])
def test_where_there_is_no_leave_the_role_is_named(
    double: SecretManagerDouble, manager: SecretManager, code: grpc.StatusCode
) -> None:
    double.refusals = [code]
    error = failing(manager)
    assert isinstance(error, Fault)
    assert ROLE in str(error)


def test_a_disabled_version_is_a_fault(double: SecretManagerDouble, manager: SecretManager) -> None:
    double.refusals = [grpc.StatusCode.FAILED_PRECONDITION]
    assert "disabled or destroyed" in str(failing(manager))


def test_what_does_not_answer_for_a_moment_is_asked_again(
    double: SecretManagerDouble, manager: SecretManager
) -> None:
    double.refusals = [grpc.StatusCode.UNAVAILABLE, None]
    assert REF.read({}, manager=manager).reveal() == VALUE
    assert len(double.asked) == 2


def test_what_does_not_answer_at_all_may_do_so_later(
    double: SecretManagerDouble, manager: SecretManager
) -> None:
    double.refusals = [grpc.StatusCode.UNAVAILABLE]
    assert isinstance(failing(SecretManager(manager.endpoint, patience=0.5)), Retry)


def test_where_nobody_listens_it_may_work_later() -> None:
    with secret_manager() as gone:
        endpoint = gone.endpoint
    assert isinstance(failing(SecretManager(endpoint, patience=0.5)), Retry)


@pytest.mark.parametrize(
    ("payload", "why"), [(b"", "is empty"), (b"\xff\xfe", "no UTF-8"), (b"a" * 65537, "larger than 64 KiB")]
)
def test_what_can_be_no_secret_is_a_fault(
    double: SecretManagerDouble, manager: SecretManager, payload: bytes, why: str
) -> None:
    double.held[NAME] = payload
    assert why in str(failing(manager))


def test_a_store_is_opened_by_what_secret_manager_holds(
    double: SecretManagerDouble, manager: SecretManager
) -> None:
    double.held[NAME] = f"sqlite://?name={VALUE}".encode()
    ref = StoreRef(secret=REF, manager=manager)
    assert VALUE.encode() not in pickle.dumps(ref)
    with open_store(pickle.loads(pickle.dumps(ref)), {}) as store:  # noqa: S301 - our own bytes
        assert store.summary().articles == 0
        assert VALUE not in store.name
    double.refusals = [grpc.StatusCode.UNAVAILABLE]
    with pytest.raises(StoreError, match="does not answer") as caught:
        open_store(StoreRef(secret=REF, manager=SecretManager(double.endpoint, patience=0.5)), {})
    assert VALUE not in str(caught.value)


def test_a_sink_has_its_token_from_secret_manager(
    double: SecretManagerDouble, manager: SecretManager
) -> None:
    double.held[NAME] = b"xoxb-1\n"
    spec = SlackSpec(token_secret=REF)
    opened = open_sinks([spec], {}, print, manager)["slack"]
    assert isinstance(opened, SlackSink)
    double.refusals = [grpc.StatusCode.PERMISSION_DENIED]
    with pytest.raises(Fault, match=ROLE):
        open_sinks([spec], {}, print, manager)
