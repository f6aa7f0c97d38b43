"""The twin of the store: the same behaviour, in one process's memory, for tests of what stands on a store."""

from services.adapters.memory.controls import ControlMethods
from services.adapters.memory.listing import ListingMethods
from services.adapters.memory.owner import OwnerMethods
from services.adapters.memory.tables import Clock, Tables, now
from services.adapters.memory.webhooks import WebhookMethods
from services.adapters.memory.worker import WorkerMethods


class MemoryStore(OwnerMethods, ControlMethods, ListingMethods, WorkerMethods, WebhookMethods):
    """Passes the same suite as `PostgresStore`. `clock` gives the time, timezone-aware, and may be a test's own."""

    def __init__(self, clock: Clock = now) -> None:
        super().__init__(Tables(clock))
