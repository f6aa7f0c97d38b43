"""An engine's job: its scratch folder, its way to report and to be stopped, and its way to the media it works on."""

import asyncio
import json
import shutil
import tempfile
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import CancelledError
from dataclasses import replace
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import structlog

from services.core.errors import Cancelled, StoryreelError
from services.core.model import Digest, Key, Storyboard
from services.core.ports import Media, Progress

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_REPORT_EVERY = 0.1
"""Seconds between two reports of one stage: more than any reader can see, few enough to cost nothing."""
_CHECK_EVERY = 0.1
"""Seconds between two looks at the stop sign while a thread waits for the event loop."""


class StoredNotes:
    """The notes of one key, in the object store."""

    def __init__(self, media: Media, key: Key) -> None:
        self._media = media
        self._name = f"notes/{key}.json"
        self._seen = False

    async def read(self) -> Mapping[str, Any] | None:
        document = await self._media.document(self._name)
        if document is None:
            return None
        self._seen = True
        facts: Mapping[str, Any] = json.loads(document)
        return facts

    async def write(self, facts: Mapping[str, Any]) -> None:
        self._seen = True
        await self._media.put_document(self._name, json.dumps(facts, ensure_ascii=False, allow_nan=False).encode())

    async def clear(self) -> None:
        """Empty them, if this job has seen any."""
        if self._seen:
            await self.write({})


class EngineJob:
    """The `Job` of one generation. Made on the event loop; every method but `stop` and `dispose` may be called by any thread."""

    def __init__(self, media: Media, key: Key, report: Callable[[Progress], None], scratch: Path | None, tenant: str = "") -> None:
        """`report` is called on the event loop."""
        self.notes = StoredNotes(media, key)
        self.tenant = tenant
        self._media = media
        self._report = report
        self._scratch = scratch
        self._loop = asyncio.get_running_loop()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._last = Progress(0.0)
        self._reported_at = -inf
        self._asked_in = ""
        self._noticed_in = ""

    def open(self) -> None:
        """Make the folder. Called by the worker thread, since a disk may be slow."""
        self._folder = Path(tempfile.mkdtemp(prefix="storyreel-", dir=self._scratch))

    @property
    def folder(self) -> Path:
        if self._folder is None:
            raise RuntimeError("the job has not begun, or is over")
        return self._folder

    @property
    def stopped_in(self) -> tuple[str, str]:
        """The stages that it had reported when it was stopped, and at which the engine saw that. Empty where there is none."""
        return self._asked_in, self._noticed_in or self._asked_in

    def progress(self, fraction: float, stage: str = "") -> None:
        now = monotonic()
        with self._lock:
            if self._stopped.is_set():
                self._noticed_in = self._noticed_in or stage
            self.check()
            # What begins anew, with smaller pictures or with another engine, takes nothing back of what was said.
            report = Progress(min(max(fraction, self._last.fraction), 1.0), stage)
            soon = now - self._reported_at < _REPORT_EVERY
            if soon and stage == self._last.stage and (report.fraction < 1.0 or self._last.fraction == 1.0):
                return
            self._last, self._reported_at = report, now
        self._loop.call_soon_threadsafe(self._report, report)

    def storyboard(self, part: Storyboard) -> None:
        self.check()
        with self._lock:
            report = replace(self._last, board=part)
        self._loop.call_soon_threadsafe(self._report, report)

    def check(self) -> None:
        if self._stopped.is_set():
            raise Cancelled("CANCELLED")

    def media(self, digest: Digest) -> Path:
        inputs = self.folder / "inputs"
        inputs.mkdir(exist_ok=True)
        if (inputs / digest).exists():
            return inputs / digest
        return self.wait(self._media.fetch(digest, inputs / digest))

    def keep(self, path: Path, content_type: str) -> Digest:
        return self.wait(self._media.put(path, content_type)).digest

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        while True:
            try:
                return running.result(_CHECK_EVERY)
            except TimeoutError:
                if running.done():
                    return running.result()
            except CancelledError:
                raise Cancelled("CANCELLED") from None
            if self._stopped.is_set():
                running.cancel()
            self.check()

    def stop(self) -> None:
        """Let the engine see Cancelled at its next report or check."""
        with self._lock:
            if not self._stopped.is_set():
                self._asked_in = self._last.stage
            self._stopped.set()

    async def settle(self) -> None:
        """Forget what was noted, now that what was made is stored. A note that stays is in nobody's way."""
        try:
            await self.notes.clear()
        except StoryreelError as error:
            _log.warning("a job's notes cannot be cleared", problem=str(error))

    async def dispose(self) -> None:
        """Remove the folder with all that is in it."""
        if self._folder is not None:
            folder, self._folder = self._folder, None
            await asyncio.to_thread(shutil.rmtree, folder, onerror=_cannot_remove)


def _cannot_remove(_function: object, path: str, info: object) -> None:
    _log.warning("a scratch file cannot be removed", path=path, problem=str(info))
