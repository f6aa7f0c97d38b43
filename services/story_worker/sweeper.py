"""The worker's housekeeping: says that it lives, returns what dead workers left, announces what was never announced."""

import asyncio
from collections.abc import Callable

import structlog

from services.core.announcer import Announcer
from services.core.errors import Unavailable
from services.core.ports import Store
from services.story_worker.settings import WorkerSettings

_log = structlog.get_logger(__name__)


async def sweep(
    *, store: Store, announcer: Announcer, settings: WorkerSettings, worker: str, look: Callable[[], None] = lambda: None
) -> None:
    """Beat and sweep until cancelled. Every worker runs this; the store lets one sweep at a time.

    `look` is called when there may be work: the worker that found it need not wait for its own announcement.
    """
    while True:
        try:
            await store.beat(worker)
            found = await store.sweep(announce_after=settings.worker_announce_after_seconds)
        except Unavailable as error:
            _log.warning("sweep failed", problem=str(error))
        else:
            if found is not None:
                announcer.tell(operations=found.announce, events=found.events)
                if found.announce:
                    look()
        await asyncio.sleep(settings.worker_sweep_seconds)
