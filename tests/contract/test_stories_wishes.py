"""What the owner of an operation can wish of it over REST: pause, resume, retry, forget, terms, keys, many at once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.adapters.memory.media import MemoryMedia
from services.adapters.memory.store import MemoryStore
from services.core.model import Failure, OperationId
from services.gateway.dialects.stories import operations
from tests.builders import ALICE, BOB
from tests.fixtures.gateway_app import STORY, Served, serving

FAILURE = Failure("unavailable", "MODEL_UNAVAILABLE", "无法连接", retryable=True, params={"service": "storyboards"})

REMARKS = {"changed": ["seed: not sent"], "made_by": "b", "passed_over": ["a: away"], "usage": {"total_tokens": 12, "seconds": 1.5}}


async def _failed(served: Served) -> OperationId:
    name = await served.begin()
    claim, _ = await served.claim(name)
    await served.store.fail(claim, FAILURE)
    return name


async def _post(served: Served, path: str, status: int = 200, **more: Any) -> Any:
    answer = await served.ask("POST", path, **more)
    assert answer.status_code == status, answer.text
    return answer.json()


# -- pause, resume, retry, forget ----------------------------------------------------------------------------------------------


async def test_a_queued_operation_is_paused_and_resumed(served: Served) -> None:
    name = await served.begin()
    paused = await _post(served, f"/v1/operations/{name}:pause")
    assert (paused["status"], paused["done"], paused["metadata"]["status"]) == ("paused", False, "paused")
    assert paused["metadata"]["queue_position"] is None
    assert await served.store.claimable(10) == ()
    assert await _post(served, f"/v1/operations/{name}:pause") == await served.get(f"/v1/operations/{name}")
    async with served.broker.open_wakeup_receiver("workers") as receiver:
        await anext(aiter(receiver))  # its creation
        resumed = await _post(served, f"/v1/operations/operations/{name}/resume")
        assert (await anext(aiter(receiver))).operation_id == name
    assert (resumed["status"], resumed["metadata"]["queue_position"]) == ("queued", 1)


async def test_a_running_operation_says_that_it_is_asked_to_pause(served: Served) -> None:
    name = await served.begin()
    await served.claim(name)
    asked = await _post(served, f"/v1/operations/{name}/pause")
    assert (asked["status"], asked["metadata"]["pause_requested"]) == ("running", True)
    taken_back = await _post(served, f"/v1/operations/{name}:resume")
    assert (taken_back["status"], taken_back["metadata"]["pause_requested"]) == ("running", False)


async def test_a_failed_operation_is_tried_again(served: Served) -> None:
    name = await _failed(served)
    again = await _post(served, f"/v1/operations/{name}:retry")
    assert (again["status"], again["done"], again["error_msg"]) == ("queued", False, "")
    assert not {"error", "response"} & set(again)
    claim, _ = await served.claim(name)
    await served.store.finish(claim)
    ended = await served.get(f"/v1/operations/{name}")
    assert (ended["status"], ended["attempt"], ended["retries"]) == ("succeeded", 2, 1)
    problem = await served.refused(409, "OPERATION_SUCCEEDED", path=f"/v1/operations/{name}:retry")
    assert problem["errors"][0]["field"] == ""


async def test_the_events_of_an_operation_that_was_tried_again_are_told_to_their_end(served: Served) -> None:
    name = await _failed(served)
    await _post(served, f"/v1/operations/{name}:retry")
    claim, _ = await served.claim(name)
    await served.store.finish(claim)
    told = (await served.ask("GET", f"/v1/operations/{name}/events")).text
    kinds = [line.removeprefix("event: ") for line in told.splitlines() if line.startswith("event:")]
    assert kinds[-1] == "succeeded"
    assert kinds.count("failed") == 1


async def test_only_what_has_ended_is_forgotten(served: Served) -> None:
    name = await served.begin()
    path = f"/v1/operations/{name}"
    await served.refused(409, "OPERATION_UNFINISHED", path=path, method="DELETE")
    await served.claim(name)
    await served.refused(409, "OPERATION_UNFINISHED", path=path, method="DELETE")
    ended = await _failed(served)
    assert (await served.ask("DELETE", f"/v1/operations/{ended}")).status_code == 204
    assert (await served.ask("GET", f"/v1/operations/{ended}")).status_code == 404
    assert (await served.ask("DELETE", f"/v1/operations/operations/{ended}")).status_code == 404


async def test_what_has_ended_cannot_be_paused(served: Served) -> None:
    name = await _failed(served)
    for verb in ("pause", "resume"):
        await served.refused(409, "OPERATION_ENDED", path=f"/v1/operations/{name}:{verb}")


@pytest.mark.parametrize("verb", operations.VERBS)
async def test_every_wish_has_four_spellings_and_one_answer(served: Served, verb: str) -> None:
    name = await served.begin()
    await _post(served, f"/v1/operations/{name}:cancel")
    forms = (f"{name}:{verb}", f"{name}/{verb}", f"operations/{name}:{verb}", f"operations/{name}/{verb}")
    answers = {(await served.ask("POST", f"/v1/operations/{form}")).status_code for form in forms}
    assert len(answers) == 1
    assert answers <= {200, 409}


# -- metadata ------------------------------------------------------------------------------------------------------------------


async def test_an_operation_shows_its_steps_its_place_and_its_terms(served: Served) -> None:
    await served.begin()
    headers = {"Cancel-After": "90", "Operation-Priority": "-3"}
    name = await served.begin(headers=headers)
    metadata = (await served.get(f"/v1/operations/{name}"))["metadata"]
    assert metadata["@type"] == "type.googleapis.com/storyreel.v1.OperationMetadata"
    assert (metadata["queue_position"], metadata["eta_seconds"], metadata["steps"]) == (2, None, [])
    assert (metadata["priority"], metadata["start_time"], metadata["cancel_requested"]) == (-3, None, False)
    waits = datetime.fromisoformat(metadata["deadline"]) - datetime.fromisoformat(metadata["create_time"])
    assert abs(waits - timedelta(seconds=90)) < timedelta(seconds=1)
    claim, work = await served.claim(name)
    shot_id = str(uuid4())
    step = {"step": "keyframe", "shot_id": shot_id, "key": "k"}
    await served.store.append_event(claim, "step_started", step)
    await served.store.append_event(claim, "step_finished", step | {"seconds": 2.5, "engine": "a+b"} | REMARKS)
    (shown,) = (await served.get(f"/v1/operations/{name}"))["metadata"]["steps"]
    assert (shown["kind"], shown["shot"]) == ("keyframe", f"stories/{work.story.id}/shots/{shot_id}")
    assert (shown["status"], shown["engine"], shown["engine_seconds"], shown["reason"]) == ("succeeded", "a+b", 2.5, "")
    assert {name: shown[name] for name in REMARKS} == REMARKS
    listed = (await served.get("/v1/operations"))["operations"]
    assert all("steps" not in operation["metadata"] for operation in listed)


# -- terms and quotas ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "reason", "field"),
    [
        ({"Cancel-After": "soon"}, "BAD_SECONDS", "header.Cancel-After"),
        ({"Cancel-After": "-1"}, "BAD_SECONDS", "header.Cancel-After"),
        ({"Cancel-After": "0"}, "OUT_OF_RANGE", "header.Cancel-After"),
        ({"Cancel-After": "2592001"}, "OUT_OF_RANGE", "header.Cancel-After"),
        ({"Operation-Priority": "high"}, "WRONG_TYPE", "header.Operation-Priority"),
        ({"Operation-Priority": "1.5"}, "WRONG_TYPE", "header.Operation-Priority"),
        ({"Operation-Priority": "11"}, "OUT_OF_RANGE", "header.Operation-Priority"),
    ],
)
async def test_terms_that_are_none(served: Served, headers: dict[str, str], reason: str, field: str) -> None:
    problem = await served.refused(400, reason, json=STORY, headers=headers)
    assert problem["errors"][0]["field"] == field


async def test_terms_hold_for_every_request_that_begins_something(served: Served) -> None:
    story_id, shots = await served.create(shots=1)
    headers = {"Cancel-After": "1.5s", "Operation-Priority": "+7", "Priority": "u=1, i"}
    for path in (f"/v1/stories/{story_id}/shots/{shots[0].id}/regenerate", f"/v1/stories/{story_id}/compile"):
        row = await served.store.operation(ALICE, await served.begin(path, {}, headers=headers))
        assert row.priority == 7
        assert row.deadline_at == row.created_at + timedelta(seconds=1.5)


async def test_a_full_queue_refuses_more_and_says_when_to_come_back() -> None:
    async with serving(MemoryStore(), MemoryMedia(), max_queued_per_user=2) as served:
        for _ in range(2):
            await served.begin()
        problem = await served.refused(429, "QUEUE_FULL", json=STORY)
        assert "2" in problem["detail"]
        answer = await served.ask("POST", "/v1/stories", json=STORY)
        assert int(answer.headers["retry-after"]) >= 1
        await served.begin(user=BOB)


async def test_a_full_queue_takes_nothing_back_and_a_bulk_retry_as_much_as_it_has_room_for() -> None:
    async with serving(MemoryStore(), MemoryMedia(), max_queued_per_user=2) as served:
        ended = []
        for _ in range(3):
            ended.append(await served.begin())
            await _post(served, f"/v1/operations/{ended[-1]}:cancel")
        paused = await served.begin()
        await _post(served, f"/v1/operations/{paused}:pause")
        await served.begin()
        some = await served.ask("POST", "/v1/operations:retry", json={"filter": "status = cancelled"})
        assert (some.status_code, some.json()["changed"], some.json()["more"]) == (200, 1, True)
        assert int(some.headers["retry-after"]) >= 1
        for path in (f"/v1/operations/{ended[1]}:retry", f"/v1/operations/{paused}:resume"):
            await served.refused(429, "QUEUE_FULL", path=path)
        rest = {"filter": "status = cancelled", "page_token": some.json()["next_page_token"]}
        await served.refused(429, "QUEUE_FULL", path="/v1/operations:retry", json=rest)
        await _post(served, "/v1/operations:cancel", json={"filter": "status = queued"})
        done = await _post(served, "/v1/operations:retry", json=rest)
        assert (done["changed"], done["more"]) == (2, True)  # one that was queued is cancelled now, and named too
        statuses = {row.id: row.status.value for row in await served.store.operations(ALICE, limit=10)}
        assert [statuses[each] for each in ended] == ["cancelled", "queued", "queued"]


# -- naming a request ----------------------------------------------------------------------------------------------------------


async def test_a_request_id_begins_one_operation_and_is_no_part_of_what_is_asked(served: Served) -> None:
    body = STORY | {"request_id": str(uuid4())}
    first = await served.ask("POST", "/v1/stories", json=body)
    again = await served.ask("POST", "/v1/stories", json=body)
    as_header = await served.ask("POST", "/v1/stories", json=STORY, headers={"Idempotency-Key": body["request_id"]})
    assert first.json() == again.json() == as_header.json()
    assert [answer.headers.get("idempotency-replayed") for answer in (first, again, as_header)] == [None, "true", "true"]
    assert (await served.get(f"/v1/{first.json()['name']}"))["payload"] == STORY
    other = await served.ask("POST", "/v1/stories", json=body | {"style": "ink"})
    assert (other.status_code, other.json()["reason"]) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_a_keys_expiry_is_published(served: Served) -> None:
    keyed = await served.ask("POST", "/v1/stories", json=STORY, headers={"Idempotency-Key": "once"})
    expires = datetime.fromisoformat(keyed.headers["idempotency-expires"])
    assert timedelta(hours=1) < expires - datetime.now(UTC) < timedelta(days=31)
    assert keyed.json()["metadata"]["idempotency_expires_at"] == keyed.headers["idempotency-expires"]
    plain = await served.ask("POST", "/v1/stories", json=STORY)
    assert "idempotency-expires" not in plain.headers
    assert "idempotency_expires_at" not in plain.json()["metadata"]


async def test_two_names_of_one_request_are_refused(served: Served) -> None:
    body = STORY | {"request_id": str(uuid4())}
    same = await served.ask("POST", "/v1/stories", json=body, headers={"Idempotency-Key": body["request_id"]})
    assert same.status_code == 202
    problem = await served.refused(400, "REQUEST_ID_DIFFERS", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert problem["errors"][0]["field"] == "body.request_id"


@pytest.mark.parametrize("request_id", ["", "once", "{11111111-2222-3333-4444-555555555555}"])
async def test_a_request_id_that_is_no_uuid(served: Served, request_id: str) -> None:
    problem = await served.refused(400, "NOT_A_UUID", json=STORY | {"request_id": request_id})
    assert problem["errors"][0]["field"] == "body.request_id"


# -- many at once --------------------------------------------------------------------------------------------------------------


async def test_many_are_cancelled_and_tried_again_by_a_filter(served: Served) -> None:
    queued = [await served.begin() for _ in range(3)]
    failed = await _failed(served)
    await served.begin(user=BOB)
    result = await _post(served, "/v1/operations:cancel", json={"filter": "status = queued OR status = failed"})
    assert result == {"changed": 3, "unchanged": 0, "more": False, "next_page_token": ""}
    statuses = {row.id: row.status.value for row in await served.store.operations(ALICE, limit=10)}
    assert statuses == dict.fromkeys(queued, "cancelled") | {failed: "failed"}
    assert [row.status.value for row in await served.store.operations(BOB, limit=10)] == ["queued"]
    result = await _post(served, "/v1/operations:retry", json={"filter": "status = failed"})
    assert (result["changed"], (await served.store.operation(ALICE, failed)).status.value) == (1, "queued")


async def test_many_are_changed_by_parts(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.core.use_cases._PAGE", 2)
    monkeypatch.setattr("services.core.use_cases.MOST_CHANGED", 2)
    for _ in range(3):
        await served.begin()
    asked = {"filter": "type = story_create"}
    first = await _post(served, "/v1/operations:cancel", json=asked)
    assert (first["changed"], first["more"]) == (2, True)
    rest = await _post(served, "/v1/operations:cancel", json=asked | {"page_token": first["next_page_token"]})
    assert rest == {"changed": 1, "unchanged": 0, "more": False, "next_page_token": ""}
    of_another = asked | {"page_token": first["next_page_token"]}
    await served.refused(400, "BAD_PAGE_TOKEN", path="/v1/operations:retry", json=of_another)


@pytest.mark.parametrize(
    ("body", "reason"),
    [({}, "MISSING_FIELD"), ({"filter": " "}, "EMPTY_FILTER"), ({"filter": "colour = red"}, "FILTER_UNKNOWN_FIELD")],
)
@pytest.mark.parametrize("verb", ["cancel", "retry"])
async def test_a_filter_that_names_nothing_changes_nothing(served: Served, verb: str, body: dict[str, str], reason: str) -> None:
    name = await served.begin()
    problem = await served.refused(400, reason, path=f"/v1/operations:{verb}", json=body)
    assert problem["errors"][0]["field"].startswith("body.filter")
    assert (await served.store.operation(ALICE, name)).status.value == "queued"


async def test_each_type_of_operation_has_its_type_of_response(served: Served) -> None:
    story_id, shots = await served.create(shots=1)
    await served.compile(story_id)
    regenerated = await served.begin(f"/v1/stories/{story_id}/shots/{shots[0].id}/regenerate", {})
    claim, _ = await served.claim(regenerated)
    await served.picture(claim, shots[0], take=2)
    await served.store.finish(claim)
    shown = (await served.get("/v1/operations"))["operations"]
    results = {operation["type"]: operation["response"]["@type"].rpartition(".")[2] for operation in shown}
    assert results == {
        "story_create": "CreateStoryResult",
        "shot_regen": "RegenerateShotResult",
        "video_render": "CompileStoryResult",
    }
