"""What Prometheus is told of a worker."""

from prometheus_client import Counter, Gauge, Histogram

RUNNING = Gauge("storyreel_worker_operations_running", "Operations that this worker runs now.")
ENDED = Counter("storyreel_worker_operations_ended_total", "Attempts by how they ended (queued means a retry).", ["type", "status"])
STEP_SECONDS = Histogram(
    "storyreel_worker_step_seconds",
    "From asking a model to having its result kept.",
    ["kind"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300),
)
