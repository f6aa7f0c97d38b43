"""`storyreel engines`: the list, and a trial of one engine."""

import asyncio
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from services.cli import engines
from services.cli.errors import CommandError, Exit
from services.cli.output import Output
from services.cli.texts import Words
from services.model_service import registry, trial
from tests.fixtures.comfyui_server import comfyui
from tests.unit.test_comfyui_workflow import GRAPH


def png() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(data, format="PNG")
    return data.getvalue()


def out() -> Output:
    return Output(Words("en"), as_json=True)


def test_all_engines_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    engines.list_engines(out())
    listed = {entry["service"]: set(entry["engines"]) for entry in json.loads(capsys.readouterr().out)["services"]}
    assert listed == {service.value: set(known) for service, known in registry.ENGINES.items()}


def test_an_engine_is_tried_and_shows_what_it_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engines.test("painter", out(), to=tmp_path / "made")
    (tried,) = json.loads(capsys.readouterr().out)["tried"]
    assert tried["engine"]["name"] == "painter"
    with Image.open(tried["files"]["image"]) as image:
        assert image.size == (512, 512)


def test_one_that_does_not_work_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYREEL_COSYVOICE_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("STORYREEL_COSYVOICE_ATTEMPTS", "1")
    with pytest.raises(CommandError, match=r"127\.0\.0\.1") as caught:
        engines.test("cosyvoice", out(), to=None)
    assert (caught.value.code, caught.value.reason) == (Exit.FAILED, "PEER_UNREACHABLE")


def test_an_unknown_one_is_a_wrong_usage() -> None:
    with pytest.raises(CommandError, match="rubens") as caught:
        engines.test("rubens", out(), to=None)
    assert caught.value.code is Exit.USAGE


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_storyboard_shows_its_shots(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert trial.main(["screenwriter", "--language", language]) == 0
    assert len(json.loads(capsys.readouterr().out)["shots"]) == 2


async def test_what_is_not_set_up_is_skipped_where_its_namesake_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with comfyui(makes={"made.png": png()}) as found:
        monkeypatch.setenv("STORYREEL_COMFYUI_BASE_URL", found.url)
        assert await asyncio.to_thread(trial.main, ["comfyui"]) == 1
        assert all("error" in json.loads(line) for line in capsys.readouterr().out.splitlines())
        (tmp_path / "workflow.json").write_text(json.dumps(GRAPH), encoding="utf-8")
        monkeypatch.setenv("STORYREEL_COMFYUI_WORKFLOW", str(tmp_path / "workflow.json"))
        assert await asyncio.to_thread(trial.main, ["comfyui"]) == 0
        painted, skipped = map(json.loads, capsys.readouterr().out.splitlines())
    assert (painted["service"], skipped["service"]) == ("keyframes", "clips")
    assert painted["files"]
    assert "STORYREEL_COMFYUI_CLIP_WORKFLOW" in skipped["skipped"]
