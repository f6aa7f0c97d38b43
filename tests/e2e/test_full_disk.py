"""A disk that is full when media are to be written: the work waits, says why, and goes on by itself once there is space."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import StartStack
from tests.e2e.harness import BLANK

pytestmark = pytest.mark.slow

STORY = "A lantern burns on the quay. A boat comes home through the fog."


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB at the place of a stack's media."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or not mount or not umount:
        pytest.skip("only root can mount a file system that is small enough to fill")
    folder = tmp_path / "data" / "media"
    folder.mkdir(parents=True)
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this machine does not let a tmpfs be mounted: {done.stderr.strip()}")
    yield folder
    subprocess.run([umount, folder], check=True)


def test_a_full_disk_is_waited_for_and_leaves_nothing_in_pieces(small_disk: Path, start_stack: StartStack) -> None:
    stack = start_stack(BLANK | {"STORYREEL_WORKER_RETRY_BASE_SECONDS": "0.2"})
    ballast = small_disk / "ballast"
    fill(ballast)
    with stack.client() as client:
        operation = client.create_story({"script_content": STORY, "shots": 3})
        reasons = set()
        for event in client.follow(operation):
            if event.kind == "step_failed":
                reasons.add(event.data["data"]["reason"])
            if event.kind == "retrying" and ballast.exists():
                failure = event.data["data"]["failure"]
                assert (failure["reason"], failure["retryable"]) == ("STORAGE_FULL", True)
                assert "free some space, and the work goes on by itself" in failure["message"]
                assert client.operation(operation)["metadata"]["last_error"] == failure["message"]
                ballast.unlink()
        assert reasons == {"STORAGE_FULL"}
        ended = client.operation(operation)
        assert (ended["status"], ended["error_msg"]) == ("succeeded", "")
        assert ended["attempt"] > 1
        shots = client.shots(ended["story_id"])
        assert [shot["status"] for shot in shots] == ["done"] * 3
        assert all(client.http.get(shot["image_url"]).content.startswith(b"\x89PNG") for shot in shots)
        assert client.filmed(ended["story_id"])["video_url"]
    assert in_pieces(small_disk) == []


def fill(ballast: Path) -> None:
    """Write until the disk is full."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(512))
        except OSError:
            return


def in_pieces(media: Path) -> list[str]:
    """Files that are no whole media: any whose name is not the digest of what it holds, artifacts' documents excepted."""
    files = [path for path in media.rglob("*") if path.is_file() and path.suffix != ".json"]
    return [str(path) for path in files if hashlib.sha256(path.read_bytes()).hexdigest() != path.name]
