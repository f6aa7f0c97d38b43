"""`storyreel engines`: the list, and a trial of one engine."""

import json
from pathlib import Path

import pytest
from PIL import Image

from services.cli import engines
from services.cli.errors import CommandError, Exit
from services.cli.output import Output
from services.cli.texts import Words
from services.model_service import registry, trial


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
