"""The command line against a gateway that knows one story: what is asked, what is printed, how commands exit."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from services.cli.errors import Exit
from services.cli.main import Format, app, outputs
from tests.fixtures.gateway import CREATION, RENDERING, STORY, ScriptedGateway

USER = "11111111-2222-3333-4444-555555555555"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("STORYREEL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("STORYREEL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("STORYREEL_USER_ID", USER)
    monkeypatch.setenv("STORYREEL_LANG", "en")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, given: bytes | None = None) -> Ran:
    result = CliRunner().invoke(app, list(arguments), input=given)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def small_film(path: Path) -> bytes:
    """Two seconds: dark, then bright."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"g": "5"})
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for number in range(20):
            shade = 40 if number < 10 else 220
            frame = av.VideoFrame.from_ndarray(np.full((36, 64, 3), shade, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


@pytest.fixture
def served(scripted_gateway: ScriptedGateway, tmp_path: Path) -> ScriptedGateway:
    scripted_gateway.film = small_film(tmp_path / "served.mp4")
    return scripted_gateway


def test_film_asks_for_what_was_wished_and_writes_three_files(served: ScriptedGateway, tmp_path: Path) -> None:
    wishes = ["--title", "A hill", "--style", "ink", "--shots", "2", "--lang", "en", "--voice", "af_heart", "--aspect", "16:9"]
    ran = run("film", "One walks up the hill.", "-o", "out/hill.mp4", "-o", "json", "--url", served.url, *wishes)
    assert ran.code == 0
    method, path, body, headers = served.asked[0]
    assert f"{method} {path}" == "POST /v1/stories"
    assert headers["X-User-ID"] == USER
    assert body == {
        "display_name": "A hill",
        "script_content": "One walks up the hill.",
        "style": "ink",
        "language": "en",
        "voice": "af_heart",
        "aspect": "16:9",
        "shots": 2,
    }
    told = json.loads(ran.out)
    assert told["film"] == "out/hill.mp4"
    assert (told["duration"], told["width"], told["height"], told["shots"]) == (2.0, 64, 36, 2)
    assert Path("out/hill.mp4").read_bytes() == served.film
    assert Path("out/hill.srt").read_text().startswith("1\n00:00:00,000")
    assert sorted(path.name for path in Path("out").iterdir()) == ["hill.mp4", "hill.png", "hill.srt", "hill.vtt"]


def test_the_contact_sheet_shows_each_shot_of_the_film(served: ScriptedGateway) -> None:
    assert run("film", "One walks up the hill.", "-o", "hill.mp4", "--url", served.url).code == 0
    with Image.open("hill.png") as sheet:
        first, second = (sheet.getpixel((x, 100)) for x in (200, 200 + 480 + 16))
        assert isinstance(first, tuple)
        assert isinstance(second, tuple)
        assert first[0] < 80
        assert second[0] > 180


def test_film_tells_the_stages_and_then_what_it_made(served: ScriptedGateway) -> None:
    ran = run("film", "One walks up the hill.", "-o", "hill.mp4", "--url", served.url)
    told = (
        "Storyboard: 1/?",
        "Storyboard: 2/2",
        "Pictures: 2/2",
        "Voices: 1/1",
        "Clips: 2/2",
        "Sound: 1/1",
        "Film: 3/3",
        "2.0 s, 64×36",
    )
    for line in told:
        assert line in ran.err
    assert "hill.mp4" in ran.out


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ([], {}),
        (["--draft"], {"quality": "draft"}),
        (["--subtitles", "both", "--no-music"], {"subtitles": "both", "music": False}),
        (["--no-cards"], {"title_card": False, "end_card": False}),
    ],
)
def test_film_asks_for_what_differs_from_the_default(served: ScriptedGateway, options: list[str], asked: dict[str, object]) -> None:
    assert run("film", "One walks up the hill.", "-o", "hill.mp4", "--url", served.url, *options).code == 0
    assert [body for method, path, body, _ in served.asked if path.endswith("/compile")] == [asked]


def test_film_speaks_chinese_when_asked(served: ScriptedGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYREEL_LANG", "")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    ran = run("film", "一人上山。", "-o", "hill.mp4", "--url", served.url)
    assert "画面: 2/2" in ran.err
    assert served.asked[0][3]["Accept-Language"] == "zh"


@pytest.mark.parametrize(
    ("name", "content"),
    [("story.txt", "一人上山。".encode()), ("story.txt", "一人上山。".encode("gb18030")), ("s", b"\xef\xbb\xbf\xe4\xb8\x80")],
)
def test_the_story_may_be_a_file(served: ScriptedGateway, name: str, content: bytes) -> None:
    Path(name).write_bytes(content)
    assert run("film", name, "--url", served.url).code == 0
    assert served.asked[0][2]["script_content"].startswith("一")


def test_the_story_may_come_from_standard_input(served: ScriptedGateway) -> None:
    assert run("film", "-", "--url", served.url, given=b"One walks.\n").code == 0
    assert served.asked[0][2]["script_content"] == "One walks."


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["film", "absent.txt"], "NO_SUCH_FILE"),
        (["film", "  "], "EMPTY_STORY"),
        (["film", "binary.bin"], "NOT_TEXT"),
        (["film", "One walks.", "-o", "."], "CANNOT_WRITE"),
        (["film", "One walks.", "-o", "binary.bin/film.mp4"], "CANNOT_WRITE"),
    ],
)
def test_what_cannot_become_a_film_is_refused_before_anything_starts(
    served: ScriptedGateway, arguments: Sequence[str], reason: str
) -> None:
    Path("binary.bin").write_bytes(b"\xff\xfe\x00\x81")
    ran = run(*arguments, "-o", "json", "--url", served.url)
    assert ran.code == Exit.USAGE
    assert json.loads(ran.err)["error"]["reason"] == reason
    assert served.asked == []


def test_a_refusal_of_the_gateway_is_told_in_its_words(served: ScriptedGateway) -> None:
    served.refusal = (400, {"detail": "body.style 'oil' is not known", "reason": "UNKNOWN_VALUE"})
    ran = run("film", "One walks.", "--url", served.url)
    assert ran.code == Exit.USAGE
    assert "body.style 'oil' is not known" in ran.err


def test_a_failed_operation_is_told_and_leaves_no_file(served: ScriptedGateway) -> None:
    served.status[RENDERING] = "failed"
    ran = run("film", "One walks.", "-o", "hill.mp4", "-o", "json", "--url", served.url)
    assert ran.code == Exit.FAILED
    assert json.loads(ran.err)["error"] == {
        "reason": "ENGINE_FAILED",
        "message": "The video_render failed: It broke.",
        "exit_code": 1,
    }
    assert not Path("hill.mp4").exists()


def test_a_lost_event_stream_is_taken_up_where_it_ended(served: ScriptedGateway) -> None:
    served.status[CREATION] = "running"
    served.drop_after = 4
    first_look = threading.Event()
    served.hold = first_look
    first_look.set()

    original = served.operation

    def succeeds_at_the_second_stream(name: str) -> dict[str, object]:
        streams = [call for call in served.calls() if call.endswith(f"{CREATION}/events")]
        if len(streams) > 1:
            served.status[CREATION] = "succeeded"
        return original(name)

    served.operation = succeeds_at_the_second_stream  # type: ignore[method-assign]
    ran = run("film", "One walks.", "-o", "hill.mp4", "--url", served.url)
    assert ran.code == 0
    again = [headers for _, path, _, headers in served.asked if path.endswith(f"{CREATION}/events")]
    assert [headers.get("Last-Event-ID") for headers in again] == [None, "4"]


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """A process that ignores interrupts hands that down, and pytest-xdist's processes do."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_an_interrupt_cancels_the_operation(served: ScriptedGateway) -> None:
    served.hold = threading.Event()
    served.status[CREATION] = "running"
    command = [sys.executable, "-m", "services.cli.main", "film", "One walks.", "-o", "hill.mp4", "--url", served.url]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as film:
        assert served.streaming.wait(30)
        film.send_signal(signal.SIGINT)
        _, told = film.communicate(timeout=30)
    assert film.returncode == Exit.INTERRUPTED
    assert "cancelled" in told
    assert f"POST /v1/operations/{CREATION}/cancel" in served.calls()
    assert not Path("hill.mp4").exists()


def test_operations_are_listed(served: ScriptedGateway) -> None:
    ran = run("operations", "list", "--limit", "5", "--status", "succeeded", "--url", served.url)
    assert ran.code == 0
    assert served.asked[0][1] == "/v1/operations?page_size=5&status=succeeded"
    header, first, second = ran.out.splitlines()
    assert header.split()[:3] == ["ID", "TYPE", "STATUS"]
    assert first.split()[:4] == [CREATION, "story_create", "succeeded", "100%"]
    assert "1.50" in second
    assert len(json.loads(run("operations", "list", "-o", "json", "--url", served.url).out)["operations"]) == 2


def test_an_operation_is_shown_by_id_or_name(served: ScriptedGateway) -> None:
    for name in (CREATION, f"operations/{CREATION}"):
        ran = run("operations", "show", name, "-o", "json", "--url", served.url)
        assert json.loads(ran.out)["story_id"] == STORY
    assert "story_create" in run("operations", "show", CREATION, "--url", served.url).out


def test_watch_prints_the_events_and_exits_with_the_operations_end(served: ScriptedGateway) -> None:
    ran = run("operations", "watch", CREATION, "--url", served.url)
    assert ran.code == 0
    assert "step_finished" in ran.out
    events = [
        json.loads(line)["event"]
        for line in run("operations", "watch", CREATION, "-o", "json", "--url", served.url).out.splitlines()
    ]
    assert events[0] == "operation"
    assert events[-1] == "succeeded"
    served.status[CREATION] = "failed"
    assert run("operations", "watch", CREATION, "--url", served.url).code == Exit.FAILED


def test_cancel_asks_the_gateway(served: ScriptedGateway) -> None:
    ran = run("operations", "cancel", RENDERING, "--url", served.url)
    assert ran.code == 0
    assert served.calls() == [f"POST /v1/operations/{RENDERING}/cancel"]


def test_without_a_stack_commands_say_how_to_start_one() -> None:
    ran = run("operations", "list")
    assert ran.code == Exit.UNREACHABLE
    assert "storyreel up" in ran.err


def test_an_address_that_nobody_answers_is_told() -> None:
    ran = run("operations", "list", "--url", "http://127.0.0.1:1")
    assert ran.code == Exit.UNREACHABLE
    assert "http://127.0.0.1:1" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["flim"],
        ["film"],
        ["film", "a", "--shots", "0"],
        ["operations", "list", "--limit", "0"],
        ["up", "--port", "70000"],
        ["film", "a", "-o", "a.mp4", "-o", "b.mp4"],
    ],
)
def test_wrong_usage_exits_with_2(arguments: Sequence[str]) -> None:
    assert run(*arguments).code == Exit.USAGE


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYREEL_USER_ID", "me")
    ran = run("operations", "list")
    assert ran.code == Exit.USAGE
    assert "STORYREEL_USER_ID" in ran.err


@pytest.mark.parametrize(
    ("given", "film", "form"),
    [
        ([], "film.mp4", Format.TEXT),
        (["json"], "film.mp4", Format.JSON),
        (["a.mp4"], "a.mp4", Format.TEXT),
        (["a.mp4", "json"], "a.mp4", Format.JSON),
        (["json", "a"], "a.mp4", Format.JSON),
    ],
)
def test_the_films_o_is_a_file_or_a_format(given: Sequence[str], film: str, form: Format) -> None:
    chosen = outputs(given)
    assert (chosen.film, chosen.format) == (Path(film), form)


@pytest.mark.parametrize("given", [["a.mp4", "b.mp4"], ["a.png"], ["a.srt"], ["a.vtt"]])
def test_the_films_o_takes_one_mp4(given: Sequence[str]) -> None:
    with pytest.raises(typer.BadParameter):
        outputs(given)


def test_version_is_printed() -> None:
    assert json.loads(run("version", "-o", "json").out)["version"]


def test_a_gateway_that_cannot_answer_now_is_asked_again_for_the_same_thing(served: ScriptedGateway) -> None:
    served.refusal = (503, {"detail": "The database cannot be reached.", "reason": "DATABASE_UNAVAILABLE"})
    served.refusals = 2
    assert run("film", "One walks.", "-o", "hill.mp4", "--url", served.url).code == 0
    keys = [headers["Idempotency-Key"] for method, path, _, headers in served.asked if (method, path) == ("POST", "/v1/stories")]
    assert len(keys) == 3
    assert len(set(keys)) == 1
