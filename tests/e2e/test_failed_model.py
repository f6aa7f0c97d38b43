"""The transcripts' 花田传说: a language model that answers 502 fails its story with a clear word, and the next one succeeds."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.adapters.memory.media import MemoryMedia
from services.core.errors import Unavailable
from services.core.requests import RewriteRequest, Service, StoryboardRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.blank import BlankStoryboards
from services.model_service.server import serving
from tests.e2e.conftest import StartStack
from tests.e2e.harness import BLANK, Json
from tests.fixtures.models import blank_settings

pytestmark = pytest.mark.slow

BODY = {"display_name": "花田传说", "script_content": "花田里的冒险", "style": "movie"}
MESSAGE = "引擎 llm 背后的模型返回错误（502 Bad Gateway）；请稍后再试。"


class LanguageModel(BlankStoryboards):
    """Its upstream answers 502 until `mended` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.mended = threading.Event()
        self.calls = 0

    def run(self, request: StoryboardRequest | RewriteRequest, job: Job) -> Output:
        self.calls += 1
        if not self.mended.is_set():
            raise Unavailable("ENGINE_UPSTREAM", engine="llm", problem="502 Bad Gateway")
        return super().run(request, job)


@contextmanager
def storyboards(engine: LanguageModel, scratch: Path) -> Iterator[str]:
    """A model service in a thread that serves storyboards only; its address."""
    started = threading.Event()
    port = 0
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        nonlocal port
        async with serving(blank_settings(scratch), MemoryMedia(), {Service.STORYBOARDS: engine}) as server:
            await server.loaded()
            port = server.port
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert started.wait(30), "the model service did not start"
        yield f"127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def test_a_broken_language_model_fails_its_story_clearly_and_a_mended_one_makes_the_next(
    start_stack: StartStack, tmp_path: Path
) -> None:
    model = LanguageModel()
    with storyboards(model, tmp_path) as address:
        settings = {"STORYREEL_STORYBOARDS_ADDRESS": address, "STORYREEL_WORKER_RETRY_BASE_SECONDS": "0.1"}
        stack = start_stack(BLANK | settings)
        with stack.client() as client:
            operation = client.ended(client.create_story(BODY))["id"]
            failed = client.http.get(f"/v1/operations/{operation}").json()
            _is_the_failure_that_was_meant(failed)
            english = client.http.get(f"/v1/operations/{operation}", headers={"Accept-Language": "en"}).json()
            assert "answered with an error (502 Bad Gateway); try again later" in english["error_msg"]
            assert model.calls == 3
            story = client.story(failed["story_id"])
            assert (story["status"], story["title"], story["video_url"]) == ("failed", "花田传说", "")
            assert client.shots(failed["story_id"]) == []
            assert [event.kind for event in client.events(operation)].count("retrying") == 2

            model.mended.set()
            again = client.succeeded(client.create_story(BODY))
            assert client.story(again["story_id"])["status"] == "ready"
            assert [shot["status"] for shot in client.shots(again["story_id"])] == ["done"] * 5
            assert client.http.get(f"/v1/operations/{operation}").json() == failed


def _is_the_failure_that_was_meant(operation: Json) -> None:
    assert (operation["type"], operation["status"], operation["payload"]) == ("story_create", "failed", BODY)
    assert (operation["retries"], operation["attempt"]) == (2, 3)
    assert operation["error_msg"] == MESSAGE
    assert operation["finished_at"]
    (detail,) = operation["error"]["details"]
    assert (detail["reason"], detail["metadata"]["problem"]) == ("ENGINE_UPSTREAM", "502 Bad Gateway")
