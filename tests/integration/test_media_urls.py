"""Which store a URL means; no bucket is connected to."""

import socket
from pathlib import Path

import pytest
from obstore.store import AzureStore, GCSStore, LocalStore, S3Store

from services.adapters.objects import open_media
from services.adapters.settings import MediaSettings
from services.core.errors import Unavailable


def test_a_folder_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "a folder" / "电影"
    store = open_media(MediaSettings(media_url=folder.as_uri()))._store
    assert isinstance(store, LocalStore)
    assert store.prefix == folder
    assert folder.is_dir()


@pytest.mark.parametrize(
    ("url", "kind", "prefix"),
    [
        ("s3://films/storyreel/media", S3Store, "storyreel/media"),
        ("s3://films", S3Store, None),
        ("gs://films/storyreel", GCSStore, "storyreel"),
        ("az://films/storyreel", AzureStore, "storyreel"),
    ],
)
def test_buckets(url: str, kind: type, prefix: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    store = open_media(MediaSettings(media_url=url))._store
    assert isinstance(store, kind)
    assert getattr(store, "prefix", None) == prefix


def test_the_clouds_own_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:9000")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    store = open_media(MediaSettings(media_url="s3://films/storyreel"))._store
    assert isinstance(store, S3Store)
    assert store.config.get("bucket") == "films"


@pytest.mark.parametrize("url", ["ftp://host/x", "media", "file://relative/folder", "memory:///", ""])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"known store|write file:///"):
        open_media(MediaSettings(media_url=url))


def test_what_a_bucket_lacks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(ValueError, match=r"az://films: .*Account must be specified"):
        open_media(MediaSettings(media_url="az://films"))


async def test_a_folder_that_has_gone_is_not_ready(tmp_path: Path) -> None:
    media = open_media(MediaSettings(media_url=(tmp_path / "media").as_uri()))
    await media.ready()
    (tmp_path / "media").rmdir()
    with pytest.raises(Unavailable) as caught:
        await media.ready()
    assert caught.value.reason == "STORAGE_UNAVAILABLE"


@pytest.fixture
def closed_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_a_bucket_that_does_not_answer_is_not_ready(monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    for name, value in {
        "AWS_ENDPOINT": f"http://127.0.0.1:{closed_port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Unavailable) as caught:
        await open_media(MediaSettings(media_url="s3://films")).ready()
    assert caught.value.reason == "STORAGE_UNAVAILABLE"
