"""The object store in a folder or a bucket: media by digest under `media/`, documents under `artifacts/` and `notes/`."""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, LocalStore, S3Store

from services.adapters.objects import names
from services.adapters.objects.trouble import first_line, told
from services.adapters.settings import MediaSettings
from services.core.errors import NotFound
from services.core.model import Digest, MediaRef

if TYPE_CHECKING:
    from obstore.store import RetryConfig  # there at type-checking time only

Store = LocalStore | S3Store | GCSStore | AzureStore

_CHUNK_BYTES = 256 * 1024
_UPLOADS_AT_ONCE = 4
"""Parts of 5 MiB of one upload that are held in memory."""
_RETRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
_BUCKETS: Mapping[str, type[S3Store | GCSStore | AzureStore]] = {"s3": S3Store, "gs": GCSStore, "az": AzureStore}
_NOBODY = Digest("0" * 64)


class ObjectMedia:
    """`ports.Media`. What is being written is seen whole or not at all, also when this process is killed on the way."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = Path(store.prefix) if isinstance(store, LocalStore) and store.prefix else None

    async def put(self, data: bytes | Path, content_type: str) -> MediaRef:
        digest, size = await asyncio.to_thread(_hash, data)
        ref = MediaRef(digest, content_type, size)
        if await self._has(ref):
            return ref
        # A folder remembers no content types; whoever serves the bytes has them from the reference.
        attributes = None if self._folder else {"Content-Type": content_type}
        with told():
            await obstore.put_async(self._store, names.media(digest), data, attributes=attributes, max_concurrency=_UPLOADS_AT_ONCE)
        return ref

    async def size(self, digest: Digest) -> int:
        name = names.media(digest)
        with told(digest):
            return (await obstore.head_async(self._store, name))["size"]

    async def read(self, digest: Digest) -> bytes:
        name = names.media(digest)
        with told(digest):
            found = await obstore.get_async(self._store, name)
            return (await found.bytes_async()).to_bytes()

    async def stream(self, digest: Digest, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """In chunks of at least 256 KiB, the last one excepted."""
        name = names.media(digest)
        if start >= end:
            return
        with told(digest):
            found = await obstore.get_async(self._store, name, options={"range": (start, end)})
            async for chunk in found.stream(min_chunk_size=_CHUNK_BYTES):
                yield bytes(chunk)

    async def fetch(self, digest: Digest, to: Path) -> Path:
        if self._folder:
            await self.size(digest)  # says so when it is missing
            return self._folder / names.media(digest)
        name, part = names.media(digest), to.with_name(f"{to.name}.part")
        with told(digest):
            found = await obstore.get_async(self._store, name)
            try:
                with await asyncio.to_thread(part.open, "wb") as file:
                    async for chunk in found.stream(min_chunk_size=_CHUNK_BYTES):
                        await asyncio.to_thread(file.write, chunk)
                await asyncio.to_thread(part.replace, to)
            finally:
                part.unlink(missing_ok=True)
        return to

    async def put_document(self, name: str, document: bytes) -> None:
        attributes = None if self._folder else {"Content-Type": "application/json"}
        with told():
            await obstore.put_async(self._store, names.document(name), document, attributes=attributes)

    async def document(self, name: str) -> bytes | None:
        path = names.document(name)
        with told():
            try:
                found = await obstore.get_async(self._store, path)
            except FileNotFoundError:
                return None
            return (await found.bytes_async()).to_bytes()

    async def ready(self) -> None:
        """A folder must be writable, a bucket must answer; nothing is written. Raises Unavailable STORAGE_UNAVAILABLE."""
        if self._folder:
            with told():
                if not os.access(self._folder, os.W_OK | os.X_OK):
                    raise PermissionError(f"{self._folder} is not a folder that can be written to")
            return
        try:
            await self.size(_NOBODY)
        except NotFound:
            return

    async def _has(self, ref: MediaRef) -> bool:
        try:
            return await self.size(ref.digest) == ref.size
        except NotFound:
            return False


def open_media(settings: MediaSettings) -> ObjectMedia:
    """The store at `media_url`; a folder is made if it is not there, a bucket is not connected to yet.

    Credentials and endpoints come from the clouds' own variables (AWS_…, GOOGLE_…, AZURE_…).
    Raises ValueError for a URL of another kind, OSError for a folder that cannot be made.
    """
    url = urlsplit(settings.media_url)
    if url.scheme == "file":
        folder = Path(url2pathname(url.path))
        if url.netloc not in ("", "localhost") or not folder.is_absolute():
            raise ValueError(f"{settings.media_url}: write file:/// and an absolute path")
        folder.mkdir(parents=True, exist_ok=True)
        return ObjectMedia(LocalStore(folder))
    bucket = _BUCKETS.get(url.scheme)
    if bucket is None:
        raise ValueError(f"{settings.media_url}: '{url.scheme}' is no known store; use file, s3, gs or az")
    try:
        return ObjectMedia(bucket.from_url(settings.media_url, retry_config=_RETRIES))
    except BaseError as error:
        raise ValueError(f"{settings.media_url}: {first_line(error)}") from error


def _hash(data: bytes | Path) -> tuple[Digest, int]:
    """SHA-256 and size in bytes; a file is read in pieces."""
    if isinstance(data, bytes):
        return Digest(hashlib.sha256(data).hexdigest()), len(data)
    with data.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Digest(digest), file.tell()
