"""Which failures are tried again, how often, and after how long."""

import pytest

from services.core.errors import ContentViolation, EngineFailed, ResourceExhausted, StoryreelError, Unavailable
from services.core.model import Language
from services.core.retrying import AWAY, RetryPolicy, counts, retry_delay
from services.core.texts import TEXTS

POLICY = RetryPolicy(base=1.0, cap=8.0, patience=600.0)
UPSTREAM = Unavailable("ENGINE_UPSTREAM", engine="llm", problem="502")
GONE = Unavailable("MODEL_UNAVAILABLE", service="clips")


def delay(error: StoryreelError, *, failures: int = 0, retries: int = 0, age: float = 1.0) -> float | None:
    return retry_delay(error, failures=failures, most=3, retries=retries, age=age, policy=POLICY)


def test_a_models_error_is_tried_as_often_as_there_are_attempts() -> None:
    assert delay(UPSTREAM, failures=0) is not None
    assert delay(UPSTREAM, failures=1) is not None
    assert delay(UPSTREAM, failures=2) is None


def test_an_outage_is_outlasted_in_patience_whatever_the_attempts() -> None:
    assert delay(GONE, failures=50, age=599) is not None
    assert delay(GONE, failures=1, age=601) is None


@pytest.mark.parametrize(
    "error", [EngineFailed("ENGINE_FAILED", engine="x", problem="y"), ContentViolation("CONTENT_VIOLATION", problem="y")]
)
def test_what_a_retry_will_not_mend_is_not_tried_again(error: StoryreelError) -> None:
    assert delay(error) is None


@pytest.mark.parametrize(("retries", "ceiling"), [(0, 1.0), (1, 2.0), (2, 4.0), (3, 8.0), (40, 8.0)])
def test_the_wait_stays_below_a_ceiling_that_doubles_to_a_cap(retries: int, ceiling: float) -> None:
    waits = [delay(GONE, retries=retries) for _ in range(200)]
    assert all(wait is not None and 0 <= wait <= ceiling for wait in waits)
    assert len(set(waits)) > 1


def test_an_error_that_says_when_is_believed() -> None:
    wait = delay(ResourceExhausted("MODEL_BUSY", service="clips", retry_after=30.0))
    assert wait == 30.0


def test_an_outage_and_a_drain_are_none_of_the_few_failures() -> None:
    assert counts(UPSTREAM.failure(Language.EN))
    assert not counts(GONE.failure(Language.EN))
    assert not counts(None)


def test_every_reason_of_being_away_is_one_that_is_told() -> None:
    assert set(TEXTS) >= AWAY
