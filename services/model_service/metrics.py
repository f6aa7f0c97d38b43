"""What operators watch, in Prometheus' terms. The registry is passed in, so that two servers in one process keep apart."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900)


class Metrics:
    """`calls` counts calls by how they ended; `seconds` times engine runs; the gauges say what is under way."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.calls = Counter(
            "storyreel_engine_calls_total",
            "Calls by how they ended: made, cached, left, or an error's kind.",
            ("service", "kind", "engine", "outcome"),
            registry=registry,
        )
        self.seconds = Histogram(
            "storyreel_engine_seconds",
            "Seconds that an engine took.",
            ("service", "kind", "engine"),
            buckets=_SECONDS,
            registry=registry,
        )
        self.queue_length = Gauge(
            "storyreel_engine_queue_length", "Generations that wait for a worker.", ("service",), registry=registry
        )
        self.in_flight = Gauge("storyreel_engine_in_flight", "Generations that run.", ("service",), registry=registry)
        self.left_out = Gauge(
            "storyreel_engine_left_out",
            "1 while an engine of several could not be loaded and the others serve without it.",
            ("service", "engine"),
            registry=registry,
        )
        self.cache_hits = Counter(
            "storyreel_engine_cache_hits_total", "Generations answered from the store.", ("service", "kind"), registry=registry
        )
        self.attaches = Counter(
            "storyreel_engine_single_flight_attaches_total",
            "Calls that joined a generation under way.",
            ("service", "kind"),
            registry=registry,
        )
