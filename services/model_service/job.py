"""An engine's job: its scratch folder, its way to report and to be stopped, and its way to the media it works on."""

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from time import monotonic

import structlog

from services.core.errors import Cancelled
from services.core.model import Digest
from services.core.ports import Media, Progress

_log = structlog.get_logger(__name__)

_REPORT_EVERY = 0.1
"""Seconds between two reports of one stage: more than any reader can see, few enough to cost nothing."""
_CHECK_EVERY = 0.1
"""Seconds between two looks at the stop sign while a thread waits for the store."""


class EngineJob:
    """The `Job` of one generation. Made on the event loop; every method but `stop` and `dispose` may be called by any thread."""

    def __init__(self, media: Media, report: Callable[[Progress], None], scratch: Path | None) -> None:
        """`report` is called on the event loop."""
        self._media = media
        self._report = report
        self._scratch = scratch
        self._loop = asyncio.get_running_loop()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._last = Progress(-1.0)
        self._reported_at = 0.0

    def open(self) -> None:
        """Make the folder. Called by the worker thread, since a disk may be slow."""
        self._folder = Path(tempfile.mkdtemp(prefix="storyreel-", dir=self._scratch))

    @property
    def folder(self) -> Path:
        if self._folder is None:
            raise RuntimeError("the job has not begun, or is over")
        return self._folder

    def progress(self, fraction: float, stage: str = "") -> None:
        self.check()
        report = Progress(min(max(fraction, 0.0), 1.0), stage)
        now = monotonic()
        with self._lock:
            soon = now - self._reported_at < _REPORT_EVERY
            if soon and stage == self._last.stage and report.fraction < 1.0:
                return
            self._last, self._reported_at = report, now
        self._loop.call_soon_threadsafe(self._report, report)

    def check(self) -> None:
        if self._stopped.is_set():
            raise Cancelled("CANCELLED")

    def media(self, digest: Digest) -> Path:
        inputs = self.folder / "inputs"
        inputs.mkdir(exist_ok=True)
        if (inputs / digest).exists():
            return inputs / digest
        fetching: Future[Path] = asyncio.run_coroutine_threadsafe(self._media.fetch(digest, inputs / digest), self._loop)
        while True:
            try:
                return fetching.result(_CHECK_EVERY)
            except TimeoutError:
                if fetching.done():
                    return fetching.result()
            if self._stopped.is_set():
                fetching.cancel()
            self.check()

    def stop(self) -> None:
        """Let the engine see Cancelled at its next report or check."""
        self._stopped.set()

    async def dispose(self) -> None:
        """Remove the folder with all that is in it."""
        if self._folder is not None:
            folder, self._folder = self._folder, None
            await asyncio.to_thread(shutil.rmtree, folder, onerror=_cannot_remove)


def _cannot_remove(_function: object, path: str, info: object) -> None:
    _log.warning("a scratch file cannot be removed", path=path, problem=str(info))
