"""What every object store promises: the adapter over a folder and its twin in memory, held to the same."""

import asyncio
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.adapters.memory.media import MemoryMedia
from services.adapters.objects import ObjectMedia, open_media
from services.adapters.settings import MediaSettings
from services.core.errors import NotFound, ResourceExhausted
from services.core.model import Digest
from services.core.ports import Media

PICTURE = bytes(range(256)) * 4_000  # 1,024,000 bytes: several chunks of a stream
ABSENT = Digest("ab" * 32)
NO_DIGESTS = ["", "../../etc/passwd", "/etc/passwd", "ab" * 31, "ab" * 33, "AB" * 32, "ab" * 31 + "\0b", "ab" * 32 + "\n"]
NO_NAMES = ["", "../x", "/x", "media/" + "ab" * 32, "x.json", "artifact/x.json"]


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest) -> Media:
    if request.param == "memory":
        return MemoryMedia()
    found: ObjectMedia = request.getfixturevalue("media")
    return found


@pytest.mark.parametrize("content", [b"", b"one", PICTURE], ids=len)
async def test_what_was_put_is_read(store: Media, content: bytes) -> None:
    ref = await store.put(content, "image/png")
    assert ref.digest == hashlib.sha256(content).hexdigest()
    assert (ref.size, ref.content_type) == (len(content), "image/png")
    assert await store.read(ref.digest) == content
    assert await store.size(ref.digest) == len(content)


async def test_a_file_and_its_bytes_are_the_same_thing(store: Media, tmp_path: Path) -> None:
    file = tmp_path / "clip.mp4"
    file.write_bytes(PICTURE * 8)  # more than one part of an upload
    ref = await store.put(file, "video/mp4")
    assert ref == await store.put(PICTURE * 8, "video/mp4")
    assert await store.read(ref.digest) == PICTURE * 8
    assert file.read_bytes() == PICTURE * 8


async def test_a_file_that_is_overwritten_after_being_put_changes_nothing(store: Media, tmp_path: Path) -> None:
    file = tmp_path / "picture"
    file.write_bytes(b"first")
    ref = await store.put(file, "image/png")
    file.write_bytes(b"other")
    assert await store.read(ref.digest) == b"first"


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1), (0, 1_024_000), (5, 9), (1_023_990, 1_024_000), (262_144, 900_001), (7, 7), (1_023_999, 2_000_000)]
)
async def test_ranges(store: Media, start: int, end: int) -> None:
    ref = await store.put(PICTURE, "image/png")
    assert b"".join([chunk async for chunk in store.stream(ref.digest, start, end)]) == PICTURE[start:end]


async def test_a_stream_comes_in_chunks(store: Media) -> None:
    ref = await store.put(PICTURE, "image/png")
    assert len([chunk async for chunk in store.stream(ref.digest, 0, len(PICTURE))]) > 1


async def test_a_fetched_file_has_the_bytes(store: Media, tmp_path: Path) -> None:
    ref = await store.put(PICTURE, "image/png")
    assert (await store.fetch(ref.digest, tmp_path / "local")).read_bytes() == PICTURE


@pytest.mark.parametrize("digest", [ABSENT, *NO_DIGESTS])
async def test_what_is_not_there(store: Media, digest: str, tmp_path: Path) -> None:
    async def stream() -> list[bytes]:
        return [chunk async for chunk in store.stream(Digest(digest), 0, 10)]

    for attempt in (
        store.size(Digest(digest)),
        store.read(Digest(digest)),
        store.fetch(Digest(digest), tmp_path / "x"),
        stream(),
    ):
        with pytest.raises(NotFound) as caught:
            await attempt
        assert caught.value.reason == "MEDIA_MISSING"


async def test_the_same_bytes_put_at_once(store: Media, tmp_path: Path) -> None:
    file = tmp_path / "clip"
    file.write_bytes(PICTURE * 8)
    refs = await asyncio.gather(*(store.put(file, "video/mp4") for _ in range(8)))
    assert len(set(refs)) == 1
    assert await store.read(refs[0].digest) == PICTURE * 8


async def test_documents(store: Media) -> None:
    name = f"artifacts/{'0a' * 32}.json"
    assert await store.document(name) is None
    await store.put_document(name, b'{"a": 1}')
    assert await store.document(name) == b'{"a": 1}'
    await store.put_document(name, '{"a": "雾"}'.encode())
    assert await store.document(name) == '{"a": "雾"}'.encode()


@pytest.mark.parametrize("name", NO_NAMES)
async def test_names_that_are_no_documents(store: Media, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        await store.put_document(name, b"{}")


async def test_it_is_ready(store: Media) -> None:
    await store.ready()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or not mount or not umount:
        pytest.skip("only root can mount a file system that is small enough to fill")
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this machine does not let a tmpfs be mounted: {done.stderr.strip()}")
    yield folder
    subprocess.run([umount, folder], check=True)


@pytest.fixture(params=["memory", "folder"])
def small_store(request: pytest.FixtureRequest) -> Media:
    if request.param == "memory":
        return MemoryMedia(capacity=2_000_000)
    folder: Path = request.getfixturevalue("small_disk")
    return open_media(MediaSettings(media_url=folder.as_uri()))


@pytest.mark.parametrize("megabytes", [3, 12], ids=["in one piece", "in parts"])
async def test_a_full_store_says_so_and_keeps_nothing_of_it(small_store: Media, tmp_path: Path, megabytes: int) -> None:
    kept = await small_store.put(b"kept", "text/plain")
    file = tmp_path / "film"
    file.write_bytes(os.urandom(1_000_000) * megabytes)
    for data in (file, file.read_bytes()):
        with pytest.raises(ResourceExhausted) as caught:
            await small_store.put(data, "video/mp4")
        assert caught.value.reason == "STORAGE_FULL"
        assert caught.value.retryable
    with pytest.raises(NotFound):
        await small_store.size(Digest(hashlib.sha256(file.read_bytes()).hexdigest()))
    assert await small_store.read(kept.digest) == b"kept"
    again = await small_store.put(PICTURE, "image/png")  # the space of what failed is free again
    assert await small_store.read(again.digest) == PICTURE
