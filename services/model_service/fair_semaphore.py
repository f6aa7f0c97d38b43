"""A semaphore that is fair between tenants: round robin over those that wait, first come first served within one."""

import asyncio
from collections import OrderedDict, deque


class FairSemaphore:
    """`count` places. Used from one event loop."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    async def acquire(self, tenant: str) -> None:
        """Returns with a place, which `release` gives back. Cancelling it gives up the wait."""
        if self._free and not self._waiting:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()  # the place came in the same moment as the cancel
            else:
                self._leave(tenant, turn)
            raise

    def release(self) -> None:
        """Give a place back, to whoever's turn it is."""
        while self._waiting:
            tenant, queue = self._waiting.popitem(last=False)
            turn = queue.popleft()
            if queue:
                self._waiting[tenant] = queue  # behind all the others
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _leave(self, tenant: str, turn: asyncio.Future[None]) -> None:
        queue = self._waiting.get(tenant)
        if queue is not None and turn in queue:
            queue.remove(turn)
            if not queue:
                del self._waiting[tenant]
