"""Starts the embedded broker anew, empty, before its log is too long for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from services.adapters import kafka
from services.adapters.settings import BrokerSettings


class Renewal:
    """Tansu keeps every record in memory for ever, and a fetch costs it time in proportion to the batches of a partition.

    From some thousands on no fetch is answered within its wait any more: records are there, and nobody gets them
    (docs/adr/0015). Nothing is lost with an empty broker: topics are made again, and queued operations announced again.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        restart: Callable[[str], None],
        *,
        quiet_records: int = 2_000,
        most_records: int = 4_500,
        every: float = 10.0,
    ) -> None:
        """`restart` is told why, when the longest partition has more than `most_records`, or more than `quiet_records` while
        nothing comes. It is looked at every `every` seconds.
        """
        self._settings = settings
        self._restart = restart
        self._quiet = quiet_records
        self._most = most_records
        self._every = every
        self._next_look = time.monotonic() + every
        self._before: int | None = None

    def look(self) -> None:
        """To be called often: it looks when it is time to, for 1.5 s at most. A broker that does not answer is let be."""
        if time.monotonic() < self._next_look:
            return
        # The loop is asyncio's own, which leaves the signals to the supervisor.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            records = runner.run(kafka.longest_partition(self._settings))
        self._next_look = time.monotonic() + self._every
        before, self._before = self._before, records
        if records is None:
            return
        if records > self._most or (records > self._quiet and records == before):
            self._before = None
            self._restart(f"its longest partition has {records} records")
