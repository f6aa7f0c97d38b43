"""Storyboards from `vllm serve`, through the REST gateway, the worker and the model service."""

import json
import re
from typing import Any

import httpx2
import pytest

from services.core.model import Language
from services.core.vocabulary import CameraMove, Framing
from services.model_service.engines.storyboard.llm import schema
from tests.e2e.harness import Json, RunningStack
from tests.vllm.conftest import Vllm
from tests.vllm.stories import STORIES, written_by_the_model

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1200)]

SHOTS = 3


def test_a_story_becomes_a_storyboard(stack_with_server: RunningStack) -> None:
    shots = _storyboard(stack_with_server, Language.EN)
    assert any(written_by_the_model(shot) for shot in shots), shots


def test_a_chinese_story_is_told_in_chinese(stack_with_server: RunningStack) -> None:
    """The tiny model knows English words alone, so the story's own words are told."""
    for shot in _storyboard(stack_with_server, Language.ZH):
        assert re.search(r"[\u4e00-\u9fff]{2}", shot["narration"])


def test_an_answer_keeps_to_the_schema_as_it_streams(vllm: Vllm) -> None:
    """Asked as any client would: what the server sends is the schema's, whole, and counted."""
    wanted = schema.storyboard(Language.EN, SHOTS)
    body = {
        "model": "tiny",
        "messages": [{"role": "user", "content": STORIES[Language.EN]}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": wanted}},
        "max_tokens": 2048,
        "temperature": 0.5,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    for seed in range(3):
        chunks = _streamed(vllm.url(), body | {"seed": seed})
        pieces = [choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]]
        ends = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"] if choice["finish_reason"]]
        answer = json.loads("".join(pieces))
        assert ends == ["stop"]
        assert len(pieces) > 50
        assert chunks[-1]["usage"]["completion_tokens"] >= len([piece for piece in pieces if piece])
        assert len(answer["shots"]) == SHOTS
        assert list(answer) == ["bible", "shots"]
        assert {tuple(shot) for shot in answer["shots"]} == {tuple(schema.shot(Language.EN)["properties"])}


def test_a_prompt_beyond_the_window_is_refused(vllm: Vllm) -> None:
    body = {"model": "tiny", "messages": [{"role": "user", "content": "word " * 20_000}], "max_tokens": 16}
    answer = httpx2.post(f"{vllm.url()}/v1/chat/completions", json=body, timeout=60.0)
    assert answer.status_code == 400
    assert "maximum context length" in answer.text


def _storyboard(stack: RunningStack, language: Language) -> list[Json]:
    """The shots of a story, each with what every shot must have."""
    with stack.client() as client:
        operation = client.create_story({"script_content": STORIES[language], "shots": SHOTS})
        events = client.events(operation)
        shots = client.shots(client.succeeded(operation)["story_id"])
    kinds = [event.kind for event in events]
    assert kinds.count("storyboard_landed") == 1
    assert "storyboard_grew" in kinds[: kinds.index("storyboard_landed")]
    assert len(shots) == SHOTS
    for shot in shots:
        assert shot["title"]
        assert shot["narration"]
        assert shot["description"]
        assert shot["duration"] > 0
        assert Framing.recognise(shot["framing"]) is not None
        assert CameraMove.recognise(shot["type"]) is not None
    return shots


def _streamed(url: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    with httpx2.stream("POST", f"{url}/v1/chat/completions", json=body, timeout=120.0) as answer:
        lines = list(answer.iter_lines())
        assert answer.status_code == 200, lines
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert data[-1] == "[DONE]"
    return [json.loads(chunk) for chunk in data[:-1]]
