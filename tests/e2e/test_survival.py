"""What happens to the work when a part of a whole stack is killed or hangs: it ends once, and nothing is made twice."""

import contextlib
import json
import signal
import time
from collections import Counter

import httpx2
import pytest

from tests.e2e.conftest import StartStack
from tests.e2e.harness import BLANK, Client, RunningStack, ends

pytestmark = pytest.mark.slow

SLOW = BLANK | {"STORYREEL_BLANK_DELAY_SECONDS": "0.4", "STORYREEL_WORKER_LEASE_SECONDS": "3"}
STORY = "两名旅人在雪山中迷路。夜里他们点起篝火。极光在雪峰上流动。清晨他们走进村庄。一只小狗跑来。"
HANG_SECONDS = 10.0
ANSWER_SECONDS = 5.0
"""How long a story's creation may take while Kafka hangs."""
GLANCE_SECONDS = 0.3


def made(stack: RunningStack) -> Counter[str]:
    """How often the model service finished each key, by its own log."""
    lines = [json.loads(line) for line in stack.log("models").splitlines() if line.startswith("{")]
    return Counter(line["key"] for line in lines if line.get("event") == "made")


def glance(client: Client, operation: str) -> None:
    """Watch an operation, as its user does, until nothing has come for a moment."""
    events = f"/v1/operations/{operation}/events"
    with contextlib.suppress(httpx2.ReadTimeout), client.http.stream("GET", events, timeout=GLANCE_SECONDS) as stream:
        for _ in stream.iter_lines():
            pass


def test_a_worker_killed_in_the_middle_of_a_compile_loses_and_repeats_nothing(start_stack: StartStack) -> None:
    stack = start_stack(SLOW)
    with stack.client() as client:
        story = client.made_story(STORY, shots=5)
        operation = client.compile(story["id"])
        finished = 0
        for event in client.follow(operation):
            finished += event.kind == "step_finished"
            if finished == 4:
                break
        killed = stack.pid("worker")
        with ends(killed):
            stack.signal("worker")
        ended = client.succeeded(operation)
        events = client.events(operation)
        assert ended["attempt"] == 2
        assert ended["retries"] == 1
        assert client.story(story["id"])["video_url"]
    twice = {key: count for key, count in made(stack).items() if count > 1}
    assert not twice
    steps = Counter(event.data["data"]["key"] for event in events if event.kind == "step_finished")
    assert max(steps.values()) == 1
    assert stack.restarts("worker") == 1


def test_a_worker_killed_in_the_middle_of_a_storyboard_leaves_shots_that_the_next_one_goes_on_with(start_stack: StartStack) -> None:
    stack = start_stack(SLOW | {"STORYREEL_BLANK_DELAY_SECONDS": "1.5"})
    with stack.client() as client:
        operation = client.create_story({"script_content": STORY, "shots": 5})
        story = client.operation(operation)["story_id"]
        for event in client.follow(operation):
            if event.kind == "storyboard_grew" and event.data["data"]["shots"] >= 2:
                break
        early = client.shots(story)
        killed = stack.pid("worker")
        with ends(killed):
            stack.signal("worker")
        ended = client.succeeded(operation)
        shots = client.shots(story)
    assert ended["attempt"] == 2
    assert 2 <= len(early) < len(shots) == 5
    assert [shot["id"] for shot in shots[: len(early)]] == [shot["id"] for shot in early]
    assert {shot["status"] for shot in shots} == {"done"}
    assert set(made(stack).values()) == {1}


def test_stories_are_taken_while_kafka_hangs_and_all_of_them_end(start_stack: StartStack) -> None:
    stack = start_stack(BLANK)
    accepted: list[str] = []
    with stack.client() as client:
        stack.signal("broker", signal.SIGSTOP)
        try:
            until = time.monotonic() + HANG_SECONDS
            while time.monotonic() < until:
                story = {"script_content": f"{len(accepted)}。{STORY}", "shots": 2}
                answer = client.http.post("/v1/stories", json=story, timeout=ANSWER_SECONDS)
                assert answer.status_code == 202, answer.text
                accepted.append(answer.json()["operation_name"].removeprefix("operations/"))
                glance(client, accepted[-1])
        finally:
            stack.signal("broker", signal.SIGCONT)
        assert len(accepted) > HANG_SECONDS
        ended = [client.succeeded(operation) for operation in accepted]
        assert {(each["attempt"], each["retries"]) for each in ended} == {(1, 0)}
        assert sorted(each["id"] for each in client.operations(200)) == sorted(accepted)
        assert {story["status"] for story in client.http.get("/v1/stories?page_size=200").json()["items"]} == {"ready"}
    assert set(made(stack).values()) == {1}


def test_stories_are_taken_and_made_while_kafka_is_gone(start_stack: StartStack) -> None:
    stack = start_stack(BLANK)
    with stack.client() as client:
        killed = stack.pid("broker")
        with ends(killed):
            stack.signal("broker")
        accepted = [client.create_story({"script_content": f"{n}。{STORY}", "shots": 2}) for n in range(10)]
        assert {client.succeeded(operation)["status"] for operation in accepted} == {"succeeded"}
