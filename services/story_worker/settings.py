"""How a worker works: read from `STORYREEL_*`."""

import os
import socket

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.adapters.sealing import SealingSettings


def _name() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


class WorkerSettings(SealingSettings):
    """One story worker."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_", extra="ignore")

    worker_name: str = Field(
        default_factory=_name, description="This replica's name, after `story-worker/`; host and process id by default."
    )
    worker_slots: int = Field(default=8, ge=1, description="Operations that one worker runs at once.")
    max_running_per_user: int = Field(
        default=0, ge=0, description="Operations of one owner that run at once, over all workers; 0 for any number."
    )
    worker_steps: int = Field(default=4, ge=1, description="Calls that one worker has open to each model service at once.")
    worker_lease_seconds: float = Field(default=10.0, gt=1, description="How long an operation stays a silent worker's.")
    worker_pulse_seconds: float = Field(
        default=0.4, gt=0, description="Between two heartbeats of a running operation; a cancel is heard with the next one."
    )
    worker_progress_seconds: float = Field(default=0.25, gt=0, description="Between two progress events of one operation.")
    worker_sweep_seconds: float = Field(
        default=1.0, gt=0, description="Between two sweeps for expired leases, due retries and lost announcements."
    )
    worker_poll_seconds: float = Field(
        default=5.0, gt=0, description="Between two looks into Postgres for work that no message told of."
    )
    worker_announce_after_seconds: float = Field(
        default=2.0, gt=0, description="How old an unannounced operation is when it is announced again."
    )
    worker_drain_seconds: float = Field(
        default=15.0, ge=0, description="How long running operations may go on after SIGTERM before they are released."
    )
    worker_retry_base_seconds: float = Field(
        default=1.0, gt=0, description="The first retry's longest wait; doubled at each further one."
    )
    worker_patience_seconds: float = Field(
        default=600.0, ge=0, description="How long an operation waits for a model service or a store that is away or full."
    )
    worker_retry_cap_seconds: float = Field(default=10.0, gt=0, description="The longest wait before a retry.")
    worker_stall_seconds: float = Field(
        default=60.0,
        gt=0,
        description="Wake-ups that wait for so long while there is room for them end the worker, to be started anew.",
    )
    webhook_slots: int = Field(default=32, ge=1, description="Webhooks' messages that one worker sends at once.")
    webhook_slots_per_endpoint: int = Field(
        default=8, ge=1, description="Messages to one endpoint that are sent at once, by all workers together."
    )
    webhook_slots_per_user: int = Field(
        default=16, ge=1, description="Messages to one user's endpoints that are sent at once, by all workers together."
    )
    webhook_connect_seconds: float = Field(
        default=5.0, gt=0, description="How long a webhook's server may take to be connected to."
    )
    webhook_timeout_seconds: float = Field(default=15.0, gt=0, description="How long a webhook may take to answer, in all.")
    webhook_poll_seconds: float = Field(default=1.0, gt=0, description="Between two looks for messages that are due.")
    webhook_allow_http: bool = Field(default=False, description="Whether webhooks may be sent to http:// URLs too.")
    webhook_allow_private: bool = Field(
        default=False, description="Whether webhooks may be sent into private networks and to this machine."
    )
    worker_metrics_host: str = Field(default="127.0.0.1", description="The address at which Prometheus finds the metrics.")
    worker_metrics_port: int = Field(default=0, ge=0, le=65535, description="Where Prometheus finds the metrics; 0 for nowhere.")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
