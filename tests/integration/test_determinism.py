"""Equal requests give equal bytes: on two threads at once, and in another process with another hash seed.

Every digest of a story's media rests on this: what was made once is found again, and nothing is made twice.
"""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.core.vocabulary import Style
from tests.fixtures.takes import Studio

DRAWN = (*(f"keyframe-{style.value}" for style in Style), "clip-movie", "clip-watercolor", "storyboard-zh", "storyboard-en")
SPOKEN = ("speech-zh", "speech-en")
ROOT = Path(__file__).parents[2]
Digests = dict[str, dict[str, str]]


def elsewhere(names: tuple[str, ...], folder: Path) -> Digests:
    """The takes of these names, made by another process."""
    seed = "0" if os.environ.get("PYTHONHASHSEED") == "4242" else "4242"
    done = subprocess.run(
        [sys.executable, "-m", "tests.fixtures.takes", str(folder), *names],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made: Digests = json.loads(done.stdout)
    return made


def at_once(studio: Studio, name: str, folder: Path) -> list[dict[str, str]]:
    """The take of that name, made by two threads at the same time."""
    together = threading.Barrier(2)

    def take(index: int) -> dict[str, str]:
        together.wait()
        return studio.take(name, folder / str(index))

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(take, range(2)))


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio(DRAWN)


@pytest.fixture(scope="module")
def drawn_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Digests:
    return elsewhere(DRAWN, tmp_path_factory.mktemp("elsewhere"))


@pytest.mark.parametrize("name", DRAWN)
def test_two_threads_and_another_process_draw_the_same(name: str, studio: Studio, drawn_elsewhere: Digests, tmp_path: Path) -> None:
    first, second = at_once(studio, name, tmp_path)
    assert first == second
    assert first == drawn_elsewhere[name]


@pytest.mark.slow
def test_two_threads_and_another_process_speak_the_same(tmp_path: Path) -> None:
    studio, made = Studio(SPOKEN), elsewhere(SPOKEN, tmp_path / "elsewhere")
    for name in SPOKEN:
        first, second = at_once(studio, name, tmp_path / name)
        assert first == second
        assert first == made[name]


def test_the_digests_tell_takes_apart(drawn_elsewhere: Digests) -> None:
    pictures = [made["image"] for name, made in drawn_elsewhere.items() if name.startswith("keyframe-")]
    assert len(pictures) == len(set(pictures)) == len(Style)
    assert {"image", "layers", "meta"} == set(drawn_elsewhere["keyframe-ink"])
    assert {"video", "meta"} == set(drawn_elsewhere["clip-movie"])
    assert drawn_elsewhere["storyboard-zh"] != drawn_elsewhere["storyboard-en"]
