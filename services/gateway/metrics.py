"""What Prometheus reads of one gateway. A registry of its own, so that two applications in one process do not meet."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "storyreel_gateway_requests",
            "Requests answered, by route template, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.latency = Histogram(
            "storyreel_gateway_request_seconds",
            "Seconds from a request's first byte to its answer's first byte.",
            ("route", "method"),
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self.streams = Gauge("storyreel_gateway_event_streams", "Event streams that are open.", registry=self.registry)
        self.waits = Gauge("storyreel_gateway_waits", "Requests that wait for an operation's end.", registry=self.registry)
        self.operations = Counter(
            "storyreel_gateway_operations_created", "Operations created, by type.", ("type",), registry=self.registry
        )

        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request, of which there are as many kinds as routes have answers."""
        kind = route, method, status
        children = self._children.get(kind)
        if children is None:
            children = self.requests.labels(route, method, str(status)), self.latency.labels(route, method)
            self._children[kind] = children
        requests, latency = children
        requests.inc()
        latency.observe(seconds)

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self.registry)
