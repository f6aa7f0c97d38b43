"""Who may use the device now, and which models stay on it.

One process owns a device (a GPU, or the CPU's memory). Of its engines one at a time uses it: two pipelines at once would take as
long and need the memory of both. Whoever waits is served in turn: round robin over the tenants, first come first served within
one. A model stays loaded until another needs its room; then the least recently used go first, by what they were measured to hold.

Nothing here knows torch: what is asked of a device is `DeviceMemory`.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, TypeVar

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.core.errors import ResourceExhausted
from services.model_service.turns import Turns

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_SECONDS = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_BATCHES = (1, 2, 3, 4, 6, 8, 12, 16, 32)
_RETRY_AFTER = 30.0
"""Seconds after which a model that found no room may try again: whatever else holds the device's memory may be gone by then."""


class DeviceMemory(Protocol):
    """One device's memory. Called only by whoever has the device."""

    @property
    def device(self) -> str:
        """The device's name, such as `cuda:0`: equal names share one queue and one set of models."""

    def free(self) -> int:
        """Bytes that could be allocated now."""

    def load(self, load: Callable[[], T]) -> tuple[T, int]:
        """Run `load`. What it gave, and the bytes measured to be held by it on the device."""

    def reclaim(self) -> None:
        """Give back what dropped models left behind."""

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether an error says that the device's memory is full."""


class ResidencyMetrics:
    """What operators watch of the devices, in Prometheus' terms."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, what: str, *labels: str) -> Gauge:
            return Gauge(f"storyreel_device_{name}", what, labels, registry=registry)

        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(f"storyreel_device_{name}", what, labels, registry=registry)

        def histogram(name: str, what: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"storyreel_device_{name}", what, labels, buckets=buckets, registry=registry)

        self.queue_length = gauge("queue_length", "Calls that wait for the device; a batch is one.", "device")
        self.waited = histogram("wait_seconds", "Seconds that a call waited for the device.", _SECONDS, "device", "model")
        self.used = histogram("use_seconds", "Seconds that a call had the device.", _SECONDS, "device", "model")
        self.memory = gauge("memory_bytes", "Bytes that a resident model holds, as measured.", "device", "model")
        self.loads = counter("loads_total", "Models loaded.", "device", "model")
        self.load_seconds = histogram("load_seconds", "Seconds that a load took.", _SECONDS, "device", "model")
        self.evictions = counter("evictions_total", "Models evicted to make room.", "device", "model")
        self.batch_size = histogram("batch_size", "Requests answered by one pipeline call.", _BATCHES, "model")
        self.requests_waiting = gauge("requests_waiting", "Requests that wait for a batch to begin with them.", "model")
        self.request_waited = histogram(
            "request_wait_seconds", "Seconds that a request waited for its batch to begin.", _SECONDS, "model"
        )


@dataclass(slots=True)
class _Resident:
    model: Any
    size: int


class _Device:
    """One device: its queue, and its models with the least recently used first. Only its holder touches the models."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.models: OrderedDict[str, _Resident] = OrderedDict()
        self.measured: dict[str, int] = {}


class Residency:
    """The devices of this process. One instance is shared by all engines; every method may be called by any thread."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.metrics = ResidencyMetrics(registry)
        self._devices: dict[str, _Device] = {}
        self._lock = threading.Lock()

    @contextmanager
    def use(
        self,
        name: str,
        load: Callable[[], T],
        *,
        memory: DeviceMemory,
        tenant: str,
        check: Callable[[], None],
        needs: int = 0,
    ) -> Iterator[T]:
        """Have the device to oneself, with the model `name` on it: resident, or loaded by `load` now.

        `needs` is what loading is expected to take, in bytes, until it has been measured once. `check` is called about every
        tenth of a second while waiting; what it raises ends the wait. Nobody may refer to the model beyond the block, or evicting
        it frees nothing: `del` its name at the block's end, for a name outlives its `with`.
        Raises ResourceExhausted DEVICE_MEMORY_FULL when it does not fit even alone, and what `load` raises.
        """
        device = self._device(memory)
        asked = monotonic()
        with device.turns.turn(tenant, check, self.metrics.queue_length.labels(memory.device).set):
            began = monotonic()
            self.metrics.waited.labels(memory.device, name).observe(began - asked)
            resident = device.models.get(name) or self._loaded(device, name, load, memory, needs)
            device.models.move_to_end(name)
            try:
                yield resident.model
            finally:
                del resident  # the next one may have to evict it
                self.metrics.used.labels(memory.device, name).observe(monotonic() - began)

    def relieve(self, name: str, memory: DeviceMemory) -> bool:
        """Evict every model but `name`; whether there was one. Only for whoever has the device: its working memory ran out."""
        device = self._device(memory)
        others = [other for other in device.models if other != name]
        for other in others:
            self._evict(device, other, memory)
        return bool(others)

    def resident(self, memory: DeviceMemory) -> dict[str, int]:
        """The resident models with the bytes they hold, least recently used first."""
        return {name: resident.size for name, resident in self._device(memory).models.copy().items()}

    def _device(self, memory: DeviceMemory) -> _Device:
        with self._lock:
            return self._devices.setdefault(memory.device, _Device())

    def _loaded(self, device: _Device, name: str, load: Callable[[], T], memory: DeviceMemory, needs: int) -> _Resident:
        needs = device.measured.get(name, needs)
        while device.models and memory.free() < needs:
            self._evict(device, next(iter(device.models)), memory)
        began = monotonic()
        while True:
            try:
                model, size = memory.load(load)
                break
            except (MemoryError, RuntimeError) as error:
                if not memory.is_out_of_memory(error):
                    raise
                problem = str(error).split("\n", 1)[0]
            # Outside the handler: the error's traceback would keep what the failed load had allocated alive.
            memory.reclaim()
            if not device.models:
                raise ResourceExhausted(
                    "DEVICE_MEMORY_FULL", device=memory.device, model=name, problem=problem, retry_after=_RETRY_AFTER
                )
            self._evict(device, next(iter(device.models)), memory)
        resident = device.models[name] = _Resident(model, size)
        device.measured[name] = size
        self.metrics.loads.labels(memory.device, name).inc()
        self.metrics.load_seconds.labels(memory.device, name).observe(monotonic() - began)
        self.metrics.memory.labels(memory.device, name).set(size)
        _log.info("a model is resident", model=name, device=memory.device, bytes=size, seconds=round(monotonic() - began, 2))
        return resident

    def _evict(self, device: _Device, name: str, memory: DeviceMemory) -> None:
        size = device.models.pop(name).size
        memory.reclaim()
        self.metrics.evictions.labels(memory.device, name).inc()
        self.metrics.memory.labels(memory.device, name).set(0)
        _log.info("a model is evicted", model=name, device=memory.device, bytes=size)
