"""The object store's twin: a dictionary."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from pathlib import Path

from services.core.errors import NotFound, ResourceExhausted, Unavailable
from services.core.model import Digest, MediaRef

_CHUNK_BYTES = 64 * 1024


class MemoryMedia:
    """`ports.Media`. Set `capacity` (bytes) or `up` to see what callers do when the store is full or away."""

    def __init__(self, *, capacity: int | None = None) -> None:
        self.capacity = capacity
        self.up = True
        self.media: dict[Digest, bytes] = {}
        self.documents: dict[str, bytes] = {}

    async def put(self, data: bytes | Path, content_type: str) -> MediaRef:
        self._check()
        content = data if isinstance(data, bytes) else await asyncio.to_thread(data.read_bytes)
        digest = Digest(hashlib.sha256(content).hexdigest())
        if digest not in self.media:
            self._make_room(len(content))
            self.media[digest] = content
        return MediaRef(digest, content_type, len(content))

    async def size(self, digest: Digest) -> int:
        return len(await self.read(digest))

    async def read(self, digest: Digest) -> bytes:
        self._check()
        try:
            return self.media[digest]
        except KeyError as error:
            raise NotFound("MEDIA_MISSING", digest=digest) from error

    async def stream(self, digest: Digest, start: int, end: int) -> AsyncGenerator[bytes, None]:
        part = (await self.read(digest))[start:end]
        for at in range(0, len(part), _CHUNK_BYTES):
            yield part[at : at + _CHUNK_BYTES]

    async def fetch(self, digest: Digest, to: Path) -> Path:
        await asyncio.to_thread(to.write_bytes, await self.read(digest))
        return to

    async def put_document(self, name: str, document: bytes) -> None:
        self._check()
        if not name.startswith(("artifacts/", "notes/")):
            raise ValueError(f"not a document's name: {name!r}")
        self._make_room(len(document))
        self.documents[name] = document

    async def document(self, name: str) -> bytes | None:
        self._check()
        return self.documents.get(name)

    async def ready(self) -> None:
        self._check()

    def _check(self) -> None:
        if not self.up:
            raise Unavailable("STORAGE_UNAVAILABLE", problem="switched off")

    def _make_room(self, size: int) -> None:
        held = sum(map(len, self.media.values())) + sum(map(len, self.documents.values()))
        if self.capacity is not None and held + size > self.capacity:
            raise ResourceExhausted("STORAGE_FULL")
