"""`storyreel up` as a user meets it: it starts, heals, refuses a second one, stops whole, and comes back after a crash."""

import signal
import socket
from pathlib import Path
from uuid import uuid4

import grpc
import httpx2
import psutil
import pytest
from google.longrunning import operations_pb2 as longrunning
from google.longrunning import operations_pb2_grpc
from storyreel.v1 import stories_pb2, stories_pb2_grpc

from services.cli.embedded.processes import alive
from tests.e2e.conftest import StartStack
from tests.e2e.harness import BLANK, Client, RunningStack, StackDied, ends

STORY = "A lantern burns on the quay. A boat comes home through the fog."
PARTS = ("postgres", "broker", "models", "worker", "gateway")


def test_a_story_becomes_a_film(blank_client: Client) -> None:
    story = blank_client.made_story(STORY, shots=3)
    assert story["status"] == "ready"
    assert len(blank_client.shots(story["id"])) == 3
    film = blank_client.filmed(story["id"])
    assert film["video_url"]
    assert blank_client.http.get(film["video_url"]).status_code == 200


def test_the_folder_says_what_runs(blank_stack: RunningStack) -> None:
    state = blank_stack.state
    assert state.pid == blank_stack.process.pid
    assert state.ready
    assert set(state.parts) == set(PARTS)
    for name, part in state.parts.items():
        assert alive(part.pid), name
        assert part.port is not None or name == "worker"
        assert Path(part.log).exists()


def test_the_docs_are_served(blank_stack: RunningStack) -> None:
    assert httpx2.get(f"{blank_stack.url}/docs").status_code == 200


def test_grpc_is_served_beside_rest_to_this_machine(blank_stack: RunningStack) -> None:
    assert blank_stack.state.grpc.startswith("127.0.0.1:")
    user = (("x-user-id", str(uuid4())),)
    with grpc.insecure_channel(blank_stack.state.grpc) as channel:
        request = stories_pb2.CreateStoryRequest(script_content="A girl waits for a boat.")
        begun = stories_pb2_grpc.StoriesStub(channel).CreateStory(request, metadata=user)
        operations = operations_pb2_grpc.OperationsStub(channel)
        ended = operations.WaitOperation(longrunning.WaitOperationRequest(name=begun.name), metadata=user, timeout=60)
    assert (ended.done, ended.WhichOneof("result")) == (True, "response")


def test_a_second_stack_on_the_folder_is_refused_and_told_who_runs(blank_stack: RunningStack, start_stack: StartStack) -> None:
    with pytest.raises(StackDied) as refused:
        start_stack(folder=blank_stack.folder.root)
    assert refused.value.code == 3
    assert str(blank_stack.process.pid) in refused.value.said
    assert blank_stack.url in refused.value.said


def test_a_taken_port_is_told(start_stack: StartStack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(StackDied) as refused:
        start_stack(port=server.getsockname()[1])
    assert refused.value.code == 3
    assert "--port" in refused.value.said


def test_a_part_that_cannot_start_ends_the_stack_with_its_log(start_stack: StartStack) -> None:
    with pytest.raises(StackDied) as refused:
        start_stack(BLANK | {"STORYREEL_WORKER_SLOTS": "none"})
    assert refused.value.code == 3
    assert "story worker" in refused.value.said
    assert "worker_slots" in refused.value.said.lower()


@pytest.mark.slow
def test_every_part_that_is_killed_comes_back_and_work_goes_on(start_stack: StartStack) -> None:
    stack = start_stack()
    with stack.client() as client:
        for name in PARTS:
            killed = stack.pid(name)
            with ends(killed):
                stack.signal(name)
            client.made_story(f"{name}: {STORY}", shots=2)
            assert stack.restarts(name) == 1
            assert stack.pid(name) != killed
        assert len(client.operations(50)) == len(PARTS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_every_process_it_started(start_stack: StartStack, number: signal.Signals) -> None:
    stack = start_stack()
    tree = psutil.Process(stack.process.pid).children(recursive=True)
    assert len(tree) > len(PARTS)
    stack.process.send_signal(number)
    assert stack.process.wait(60) == 0
    assert [process for process in tree if alive(process.pid)] == []
    assert stack.folder.state() is None


@pytest.mark.slow
def test_after_a_crash_of_everything_the_next_one_has_what_was_there(start_stack: StartStack, tmp_path: Path) -> None:
    stack = start_stack(folder=tmp_path / "data")
    with stack.client() as client:
        story = client.made_story(STORY, shots=2)
        user = str(client.user)
    tree = psutil.Process(stack.process.pid).children(recursive=True)
    stack.process.kill()
    stack.process.wait()
    again = start_stack(folder=tmp_path / "data")
    assert [process for process in tree if alive(process.pid)] == []
    answer = httpx2.get(f"{again.url}/v1/stories/{story['id']}", headers={"X-User-ID": user})
    assert answer.json()["status"] == "ready"
