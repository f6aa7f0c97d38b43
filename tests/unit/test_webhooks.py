"""What webhooks say, how it is signed, and when it is said again."""

import json
import random
from datetime import UTC, datetime

import pytest
import standardwebhooks

from services.core import webhooks
from services.core.errors import DeadlineExceeded
from services.core.model import OperationEvent, OperationStatus, OperationType
from services.core.webhooks import SCHEDULE, Answer, DeliveryState, EventType, Secret, WebhookEvent
from tests import builders

AT = datetime(2026, 11, 22, 20, 0, 0, 1, tzinfo=UTC)
EVENT = WebhookEvent("evt_1_2", EventType.SHOT_LANDED, AT, {"title": "雪山", "n": 1})


def test_a_signature_is_that_of_the_specification() -> None:
    """The example of the specification's own libraries."""
    secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = webhooks.sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_specifications_own_library_believes_a_message() -> None:
    keys = [webhooks.new_secret(), webhooks.new_secret()]
    content = webhooks.body(EVENT)
    headers = webhooks.headers(EVENT, datetime.now(UTC), content, keys)
    for key in keys:
        assert standardwebhooks.Webhook(key).verify(content, headers) == json.loads(content)
    for changed, other in ((content + b" ", keys[0]), (content, webhooks.new_secret())):
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            standardwebhooks.Webhook(other).verify(changed, headers)


def test_a_message_has_type_time_and_data() -> None:
    said = json.loads(webhooks.body(EVENT))
    assert said == {"type": "shot.landed", "timestamp": "2026-11-22T20:00:00.000001+00:00", "data": EVENT.data}
    assert "雪山".encode() in webhooks.body(EVENT)


def test_secrets_are_long_and_all_different_and_never_shown() -> None:
    made = {webhooks.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(secret.startswith("whsec_") and len(secret) == 50 for secret in made)


@pytest.mark.parametrize("kind", ["queued", "started", "progress", "storyboard_landed", "cancel_requested", "retrying"])
def test_only_ends_and_landings_are_told(kind: str) -> None:
    operation = builders.operation(builders.story(), OperationType.STORY_CREATE, status=OperationStatus.RUNNING)
    event = OperationEvent(operation.id, operation.user_id, operation.story_id, 3, AT, kind, {})
    assert webhooks.event_of(event, operation) is None


def test_what_is_told_of_an_end() -> None:
    operation = builders.operation(builders.story(), OperationType.STORY_CREATE, status=OperationStatus.FAILED)
    data = {"kind": "engine_failed", "reason": "ENGINE_FAILED", "message": "No paint.", "retryable": False, "params": {}}
    told = webhooks.event_of(OperationEvent(operation.id, operation.user_id, operation.story_id, 9, AT, "failed", data), operation)
    assert told == WebhookEvent(
        f"evt_{operation.id.hex}_9",
        EventType.OPERATION_FAILED,
        AT,
        {
            "operation_id": str(operation.id),
            "operation_type": "story_create",
            "story_id": str(operation.story_id),
            "shot_id": None,
            "seq": 9,
            "status": "failed",
            "attempt": operation.attempt,
            "error": {"reason": "ENGINE_FAILED", "message": "No paint."},
        },
    )


@pytest.mark.parametrize(
    ("status", "reason"), [(200, None), (204, None), (299, None), (301, "WEBHOOK_REDIRECTED"), (199, "WEBHOOK_REFUSED")]
)
@pytest.mark.parametrize("failures", [0, 3])
def test_2xx_alone_is_success(status: int, reason: str | None, failures: int) -> None:
    verdict = webhooks.verdict(webhooks.answered(status), failures, random.Random(1))
    assert (verdict.problem.reason if verdict.problem else None) == reason
    assert verdict.state is (DeliveryState.PENDING if reason else DeliveryState.DELIVERED)
    assert verdict.status == status


def test_what_failed_is_sent_again_for_a_day_and_then_given_up() -> None:
    chance = random.Random(1)
    silent = Answer(None, DeadlineExceeded("WEBHOOK_TIMEOUT", seconds=15.0))
    waits = []
    for failures, planned in enumerate(SCHEDULE):
        several = [webhooks.verdict(silent, failures, chance) for _ in range(50)]
        assert {verdict.state for verdict in several} == {DeliveryState.PENDING}
        delays = [verdict.delay for verdict in several]
        assert planned * 0.9 <= min(delays) < max(delays) <= planned * 1.1
        waits.append(sum(delays) / len(delays))
    assert 23 * 3600 < sum(waits) < 25 * 3600
    last = webhooks.verdict(silent, len(SCHEDULE), chance)
    assert (last.state, last.gone) == (DeliveryState.FAILED, False)
    assert last.problem is not None


@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_that_is_busy_says_when_to_come_again(status: int) -> None:
    chance = random.Random(1)
    assert webhooks.verdict(webhooks.answered(status, 1000.0), 0, chance).delay == 1000.0
    assert webhooks.verdict(webhooks.answered(status, 1.0), 1, chance).delay >= SCHEDULE[1] * 0.9  # never sooner than planned
    assert webhooks.verdict(webhooks.answered(status, 1e9), 0, chance).delay == webhooks.LONGEST_WAIT
    assert webhooks.verdict(webhooks.answered(500, 1000.0), 0, chance).delay < 6


def test_gone_is_gone() -> None:
    verdict = webhooks.verdict(webhooks.answered(410), 0, random.Random(1))
    assert (verdict.state, verdict.gone, verdict.status) == (DeliveryState.FAILED, True, 410)
