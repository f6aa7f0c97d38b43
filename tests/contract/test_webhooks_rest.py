"""Webhooks in REST, key by key; everything that can happen has a way to be shown."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.fernet import Fernet

from services.adapters.memory.media import MemoryMedia
from services.adapters.memory.store import MemoryStore
from services.adapters.sealing import Seal
from services.core import webhooks
from services.core.model import Failure, Language
from services.core.webhooks import SUBSCRIBABLE, Delivery, DeliveryId, DeliveryState, EventType, Verdict, WebhookEvent, WebhookId
from services.gateway.codes import STATUS_BY_KIND
from services.gateway.webhooks import render
from tests.builders import ALICE, BOB
from tests.fixtures.gateway_app import STORY, Served, serving

PATH = "/v1/webhooks"
URL = "https://example.com/hooks"
NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
PROBLEM = Failure("unavailable", "WEBHOOK_REFUSED", "The webhook answered with status 500; …", True, {"status": 500})


async def made(served: Served, **body: Any) -> dict[str, Any]:
    answer = await served.ask("POST", PATH, json={"url": URL} | body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{PATH}/{answer.json()['id']}"
    found: dict[str, Any] = answer.json()
    return found


async def post(served: Served, path: str, status: int) -> dict[str, Any]:
    answer = await served.ask("POST", path)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


# -- endpoints -----------------------------------------------------------------------------------------------------------------


async def test_a_secret_is_shown_once(served: Served) -> None:
    hook = await made(served, description="mine", event_types=["shot.landed", "operation.failed", "shot.landed"])
    secret = hook.pop("secret")
    assert secret.startswith("whsec_")
    assert hook["event_types"] == ["operation.failed", "shot.landed"]
    assert (hook["url"], hook["description"], hook["enabled"], hook["gone"]) == (URL, "mine", True, False)
    assert (hook["user_id"], hook["old_secret_expires_at"]) == (str(ALICE), None)
    assert await served.get(f"{PATH}/{hook['id']}") == hook
    assert (await served.get(PATH))["webhooks"] == [hook]
    patched = await served.ask("PATCH", f"{PATH}/{hook['id']}", json={"description": "yours"})
    for answer in (patched.text, json.dumps(await post(served, f"{PATH}/{hook['id']}:test", 202))):
        assert "whsec_" not in answer


async def test_what_is_left_out_is_everything_and_on(served: Served) -> None:
    hook = await made(served, description=None, event_types=None, enabled=None)
    assert (hook["event_types"], hook["enabled"], hook["description"]) == ([kind.value for kind in SUBSCRIBABLE], True, "")
    assert not (await made(served, enabled=False))["enabled"]


async def test_a_rotated_secret_is_a_new_one_beside_the_old(served: Served) -> None:
    hook = await made(served)
    rotated = await post(served, f"{PATH}/{hook['id']}:rotate-secret", 200)
    assert rotated["secret"] != hook["secret"]
    left = datetime.fromisoformat(rotated["old_secret_expires_at"]) - datetime.fromisoformat(rotated["updated_at"])
    assert left.total_seconds() == served.settings.webhook_old_secret_seconds == 86_400


async def test_endpoints_come_in_pages(served: Served) -> None:
    ids = [(await made(served))["id"] for _ in range(3)]
    first = await served.get(PATH, params={"page_size": 2})
    last = await served.get(PATH, params={"page_size": 2, "page_token": first["next_page_token"]})
    assert [hook["id"] for hook in first["webhooks"] + last["webhooks"]] == ids[::-1]
    assert last["next_page_token"] == ""


async def test_a_deleted_endpoint_is_gone(served: Served) -> None:
    path = f"{PATH}/{(await made(served))['id']}"
    assert (await served.ask("DELETE", path)).status_code == 204
    for method, tail in (("GET", ""), ("DELETE", ""), ("POST", ":test"), ("POST", ":rotate-secret"), ("GET", "/deliveries")):
        await served.refused(404, "WEBHOOK_NOT_FOUND", path=path + tail, method=method)


async def test_a_user_has_so_many_and_no_more(served: Served) -> None:
    for _ in range(served.settings.max_webhooks_per_user):
        await made(served)
    problem = await served.refused(409, "TOO_MANY_WEBHOOKS", path=PATH, json={"url": URL})
    assert "20" in problem["detail"]
    assert (await served.ask("POST", PATH, user=BOB, json={"url": URL})).status_code == 201


# -- idempotency keys ----------------------------------------------------------------------------------------------------------


async def test_the_same_request_creates_one_endpoint_and_is_answered_alike(served: Served) -> None:
    key = {"Idempotency-Key": "mine"}
    first = await served.ask("POST", PATH, json={"url": URL}, headers=key)
    again = await served.ask("POST", PATH, json={"url": URL}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json(), "the secret too: the first answer may have been lost"
    assert again.headers["location"] == first.headers["location"]
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert again.headers["idempotency-expires"] == first.headers["idempotency-expires"]
    await served.refused(422, "IDEMPOTENCY_KEY_REUSED", path=PATH, json={"url": f"{URL}/2"}, headers=key)
    assert (await served.ask("POST", PATH, user=BOB, json={"url": URL}, headers=key)).json()["id"] != first.json()["id"]
    assert len((await served.get(PATH))["webhooks"]) == 1

    await post(served, f"{PATH}/{first.json()['id']}:rotate-secret", 200)
    assert (await served.ask("POST", PATH, json={"url": URL}, headers=key)).json()["secret"] is None
    await served.ask("DELETE", f"{PATH}/{first.json()['id']}")
    assert (await served.ask("POST", PATH, json={"url": URL}, headers=key)).json()["id"] != first.json()["id"]


async def test_a_request_id_says_the_same_as_a_key(served: Served) -> None:
    name = str(uuid4())
    first = await made(served, request_id=name)
    assert (await served.ask("POST", PATH, json={"url": URL}, headers={"Idempotency-Key": name})).json() == first
    await served.refused(400, "NOT_A_UUID", path=PATH, json={"url": URL, "request_id": "mine"})


async def test_a_key_names_one_thing_whatever_that_is(served: Served) -> None:
    await served.begin(headers={"Idempotency-Key": "story"})
    await served.refused(422, "IDEMPOTENCY_KEY_REUSED", path=PATH, json={"url": URL}, headers={"Idempotency-Key": "story"})
    await served.ask("POST", PATH, json={"url": URL}, headers={"Idempotency-Key": "hook"})
    await served.refused(422, "IDEMPOTENCY_KEY_REUSED", json=STORY, headers={"Idempotency-Key": "hook"})


async def test_a_key_answers_however_many_endpoints_there_are() -> None:
    async with serving(MemoryStore(), MemoryMedia(), max_webhooks_per_user=1) as served:
        for replayed in (None, "true"):
            answer = await served.ask("POST", PATH, json={"url": URL}, headers={"Idempotency-Key": "k"})
            assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (201, replayed)


async def test_secrets_are_kept_sealed_and_shown_open() -> None:
    keys = Fernet.generate_key().decode()
    async with serving(MemoryStore(), MemoryMedia(), webhook_secret_keys=keys) as served:
        answers = [await served.ask("POST", PATH, json={"url": URL}, headers={"Idempotency-Key": "k"}) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        await served.store.try_webhook(ALICE, WebhookId(UUID(answers[0].json()["id"])))
        (dispatch,) = await served.store.claim_deliveries("story-worker/a", 60.0, limit=9, per_webhook=9, per_user=9)
        assert not dispatch.secrets[0].startswith("whsec_")
        assert Seal(keys).open(dispatch.secrets[0]) == answers[0].json()["secret"]
        rotated = await post(served, f"{PATH}/{answers[0].json()['id']}:rotate-secret", 200)
        assert rotated["secret"].startswith("whsec_")


# -- what is refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "WEBHOOK_URL_UNUSABLE"),
        ("example.com/hooks", "WEBHOOK_URL_UNUSABLE"),
        ("ftp://example.com/", "WEBHOOK_URL_UNUSABLE"),
        ("https://", "WEBHOOK_URL_UNUSABLE"),
        ("https:///path", "WEBHOOK_URL_UNUSABLE"),
        ("https://例子.cn/", "WEBHOOK_URL_UNUSABLE"),
        ("https://exa mple.com/", "WEBHOOK_URL_UNUSABLE"),
        ("https://me:secret@example.com/", "WEBHOOK_URL_UNUSABLE"),
        ("https://example.com/#part", "WEBHOOK_URL_UNUSABLE"),
        ("https://example.com\\@evil.example/", "WEBHOOK_URL_UNUSABLE"),
        ("https://example.com:99999/", "WEBHOOK_URL_UNUSABLE"),
        ("https://example.com:x/", "WEBHOOK_URL_UNUSABLE"),
        ("https://[::1/", "WEBHOOK_URL_UNUSABLE"),
        ("https://example.com/\nx-evil: 1", "WEBHOOK_URL_UNUSABLE"),
        ("https://example.com/" + "a" * 2000, "WEBHOOK_URL_UNUSABLE"),
        ("http://example.com/", "WEBHOOK_NEEDS_HTTPS"),
        ("https://127.0.0.1/", "WEBHOOK_PRIVATE_ADDRESS"),
        ("https://10.1.2.3:8443/", "WEBHOOK_PRIVATE_ADDRESS"),
        ("https://[::1]/", "WEBHOOK_PRIVATE_ADDRESS"),
        ("https://[::ffff:127.0.0.1]/", "WEBHOOK_PRIVATE_ADDRESS"),
        ("https://[fe80::1%25eth0]/", "WEBHOOK_PRIVATE_ADDRESS"),
        ("https://LocalHost/", "WEBHOOK_PRIVATE_ADDRESS"),
        ("https://a.localhost./", "WEBHOOK_PRIVATE_ADDRESS"),
    ],
)
async def test_a_url_that_cannot_be_told(served: Served, url: str, reason: str) -> None:
    problem = await served.refused(400, reason, path=PATH, json={"url": url})
    assert problem["errors"][0]["field"] == "body.url"
    hook = await made(served)
    await served.refused(400, reason, path=f"{PATH}/{hook['id']}", method="PATCH", json={"url": url})
    assert (await served.get(PATH))["webhooks"][0]["url"] == URL


@pytest.mark.parametrize(
    "url", ["HTTPS://Example.com", "https://8.8.8.8:8443/a?b=%20", "https://[2606:4700::1111]/", "https://xn--fsqu00a.cn/"]
)
async def test_a_url_that_can(served: Served, url: str) -> None:
    assert (await made(served, url=url))["url"] == url


async def test_an_operator_may_allow_http_and_private_networks() -> None:
    async with serving(MemoryStore(), MemoryMedia(), webhook_allow_http=True, webhook_allow_private=True) as served:
        await made(served, url="http://127.0.0.1:9000/hooks")


@pytest.mark.parametrize(
    ("body", "status", "reason", "field"),
    [
        ({}, 400, "MISSING_FIELD", "body.url"),
        ({"url": 7}, 400, "WRONG_TYPE", "body.url"),
        ({"url": URL, "secret": "whsec_x"}, 400, "UNKNOWN_FIELD", "body.secret"),
        ({"url": URL, "event_types": ["story.created"]}, 400, "UNKNOWN_VALUE", "body.event_types.0"),
        ({"url": URL, "event_types": ["shot.landed", "webhook.test"]}, 400, "UNKNOWN_VALUE", "body.event_types.1"),
        ({"url": URL, "event_types": []}, 400, "WEBHOOK_WITHOUT_EVENTS", "body.event_types"),
        ({"url": URL, "event_types": "shot.landed"}, 400, "WRONG_TYPE", "body.event_types"),
        ({"url": URL, "enabled": "yes"}, 400, "WRONG_TYPE", "body.enabled"),
        ({"url": URL, "description": "d" * 201}, 413, "TEXT_TOO_LONG", "body.description"),
        ({"url": URL, "description": "\x00"}, 400, "CONTROL_CHARACTER", "body.description"),
    ],
)
async def test_a_body_that_is_wrong(served: Served, body: dict[str, Any], status: int, reason: str, field: str) -> None:
    problem = await served.refused(status, reason, path=PATH, json=body)
    assert problem["errors"][0]["field"] == field
    assert (await served.get(PATH))["webhooks"] == []


async def test_a_patch_of_nothing(served: Served) -> None:
    path = f"{PATH}/{(await made(served))['id']}"
    for nothing in ({}, {"url": None}):
        await served.refused(400, "NOTHING_TO_CHANGE", path=path, method="PATCH", json=nothing)


# -- deliveries ----------------------------------------------------------------------------------------------------------------


async def settled(served: Served, verdict: Verdict) -> None:
    (dispatch,) = await served.store.claim_deliveries("story-worker/a", 60.0, limit=1, per_webhook=1, per_user=1)
    await served.store.settle_delivery(dispatch, verdict)


async def test_a_test_is_shown_until_it_is_delivered(served: Served) -> None:
    path = f"{PATH}/{(await made(served, event_types=['shot.landed']))['id']}"
    trial = await post(served, f"{path}:test", 202)
    assert (trial["state"], trial["attempt"], trial["status"], trial["problem"]) == ("pending", 0, None, None)
    assert trial["message"]["type"] == "webhook.test"
    one = f"{path}/deliveries/{trial['id']}"
    assert await served.get(one) == trial

    await settled(served, Verdict(DeliveryState.PENDING, 500, PROBLEM, delay=300.0))
    shown = await served.get(one, headers={"Accept-Language": "zh"})
    assert (shown["state"], shown["attempt"], shown["status"]) == ("pending", 1, 500)
    assert shown["problem"] == {"reason": "WEBHOOK_REFUSED", "message": "webhook 返回状态码 500；只有 2xx 才算已接收。"}
    assert shown["next_attempt_at"] > shown["last_attempt_at"]

    again = await post(served, f"{one}:redeliver", 202)
    assert again["event_id"] == trial["event_id"]
    await settled(served, Verdict(DeliveryState.DELIVERED, 204))
    shown = await served.get(one)
    assert (shown["state"], shown["attempt"], shown["status"], shown["problem"]) == ("delivered", 2, 204, None)
    assert (shown["next_attempt_at"], shown["finished_at"] is None) == (None, False)


async def test_what_happens_to_a_story_is_shown_as_it_is_sent(served: Served) -> None:
    path = f"{PATH}/{(await made(served))['id']}"
    story_id, shots = await served.create(shots=2)
    listed = (await served.get(f"{path}/deliveries"))["deliveries"]
    assert [one["message"]["type"] for one in listed] == ["operation.succeeded", "shot.landed", "shot.landed"]
    assert {one["message"]["data"]["story_id"] for one in listed} == {str(story_id)}
    assert [one["message"]["data"]["shot_id"] for one in listed[:0:-1]] == [str(shot.id) for shot in shots]


async def test_deliveries_come_in_pages_by_state(served: Served) -> None:
    path = f"{PATH}/{(await made(served))['id']}"
    ids = [(await post(served, f"{path}:test", 202))["id"] for _ in range(3)]
    await settled(served, Verdict(DeliveryState.FAILED, None, PROBLEM))
    first = await served.get(f"{path}/deliveries", params={"page_size": 2})
    last = await served.get(f"{path}/deliveries", params={"page_size": 2, "page_token": first["next_page_token"]})
    assert [one["id"] for one in first["deliveries"] + last["deliveries"]] == ids[::-1]
    failed = await served.get(f"{path}/deliveries", params={"state": "failed"})
    assert [one["id"] for one in failed["deliveries"]] == ids[:1]
    token = {"page_token": first["next_page_token"]}
    await served.refused(
        400, "BAD_PAGE_TOKEN", path=f"{path}/deliveries?state=failed", method="GET", params=token | {"state": "failed"}
    )
    await served.refused(400, "UNKNOWN_VALUE", path=f"{path}/deliveries", method="GET", params={"state": "lost"})


async def test_nothing_is_sent_to_what_is_off(served: Served) -> None:
    path = f"{PATH}/{(await made(served))['id']}"
    trial = await post(served, f"{path}:test", 202)
    assert (await served.ask("PATCH", path, json={"enabled": False})).json()["enabled"] is False
    for tail in (":test", f"/deliveries/{trial['id']}:redeliver"):
        await served.refused(409, "WEBHOOK_DISABLED", path=path + tail)
    await served.refused(404, "DELIVERY_NOT_FOUND", path=f"{path}/deliveries/{uuid4()}", method="GET")
    await served.refused(400, "NOT_A_UUID", path=f"{path}/deliveries/x", method="GET")


# -- totality ------------------------------------------------------------------------------------------------------------------


def _delivery(state: DeliveryState, kind: EventType, problem: Failure | None) -> Delivery:
    ended = state in {DeliveryState.DELIVERED, DeliveryState.FAILED}
    return Delivery(
        id=DeliveryId(uuid4()),
        user_id=ALICE,
        webhook_id=WebhookId(uuid4()),
        created_at=NOW,
        event=WebhookEvent("evt_1", kind, NOW, {"n": [1, "雪", None]}),
        state=state,
        next_at=None if ended else NOW,
        finished_at=NOW if ended else None,
        problem=problem,
    )


@pytest.mark.parametrize("kind", EventType)
@pytest.mark.parametrize("state", DeliveryState)
def test_every_delivery_can_be_shown(state: DeliveryState, kind: EventType) -> None:
    row = _delivery(state, kind, None)
    shown = render.delivery(row).model_dump(mode="json")
    assert (shown["state"], shown["message"]) == (state, json.loads(webhooks.body(row.event)))
    assert (shown["next_attempt_at"] is not None) == (state is DeliveryState.PENDING)


def test_a_type_that_a_newer_release_has_added_is_shown_and_sent() -> None:
    row = _delivery(DeliveryState.PENDING, EventType.TEST, None)
    newer = replace(row, event=replace(row.event, type="story.deleted"))
    assert json.loads(webhooks.body(newer.event))["type"] == render.delivery(newer).message.type == "story.deleted"


@pytest.mark.parametrize("kind", STATUS_BY_KIND)
def test_every_problem_can_be_shown(kind: str) -> None:
    problem = Failure(kind, "RETIRED_REASON", "as it was")
    shown = render.delivery(_delivery(DeliveryState.FAILED, EventType.TEST, problem), Language.ZH)
    assert shown.problem is not None
    assert (shown.problem.reason, shown.problem.message) == ("RETIRED_REASON", "as it was")


def test_every_end_and_no_more_is_subscribable() -> None:
    assert {*SUBSCRIBABLE, EventType.TEST} == set(EventType)
    assert set(webhooks.TYPE_OF_KIND.values()) == set(SUBSCRIBABLE)


def test_nothing_that_is_kept_of_an_endpoint_holds_its_secret() -> None:
    assert not any("secret" in field.name and field.name != "old_secret_until" for field in fields(webhooks.Webhook))
    assert "whsec" not in repr(
        webhooks.Dispatch(_delivery(DeliveryState.SENDING, EventType.TEST, None), "w", URL, (webhooks.new_secret(),))
    )
