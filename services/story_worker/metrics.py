"""What Prometheus is told of a worker."""

from prometheus_client import Counter, Gauge, Histogram

RUNNING = Gauge("storyreel_worker_operations_running", "Operations that this worker runs now.")
ENDED = Counter("storyreel_worker_operations_ended_total", "Attempts by how they ended (queued goes on later).", ["type", "status"])
WEBHOOKS = Counter(
    "storyreel_worker_webhooks_sent_total", "Webhooks' messages by what became of them (pending: tried again).", ["state"]
)
WEBHOOK_SECONDS = Histogram(
    "storyreel_worker_webhook_seconds",
    "From sending a webhook's message to its answer.",
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 15, 30),
)
STEP_SECONDS = Histogram(
    "storyreel_worker_step_seconds",
    "From asking a model to having its result kept.",
    ["kind"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300),
)
