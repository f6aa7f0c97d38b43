"""`storyreel film` from nothing: no stack runs, and at the end there is a film to watch."""

import json
import subprocess
import sys
from pathlib import Path

import av
import pytest
from PIL import Image

from services.cli.embedded.folder import Folder
from tests.e2e.harness import environment

STORY = "A lantern burns on the quay. A boat comes home through the fog."


@pytest.mark.slow
def test_one_command_makes_a_film_and_leaves_nothing_running(tmp_path: Path) -> None:
    film = tmp_path / "out" / "quay.mp4"
    command = [sys.executable, "-m", "services.cli.main", "film", STORY, "--shots", "2", "-o", str(film), "-o", "json"]
    ran = subprocess.run(
        [*command, "--data", str(tmp_path / "data")], env=environment({}), capture_output=True, text=True, timeout=280, check=False
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["shots"] == 2
    with av.open(str(film)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.width, video.height) == (1280, 720)
        assert audio.duration is not None
        assert (container.duration or 0) / 1_000_000 == pytest.approx(told["duration"], abs=0.01)
    assert "-->" in film.with_suffix(".srt").read_text(encoding="utf-8")
    with Image.open(film.with_suffix(".png")) as sheet:
        assert sheet.width > 2 * 480
    assert Folder(tmp_path / "data").running() is None
