"""What one model service serves, with which engines, and how much of it at once. Read from `STORYREEL_*`."""

import os
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.core.requests import Service

_CGROUP_CPU = Path("/sys/fs/cgroup/cpu.max")


def usable_cpus(quota: Path = _CGROUP_CPU) -> int:
    """Cores that this process may keep busy: its affinity, cut to the container's CPU quota, at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        allowed, period = quota.read_text().split()
    except (OSError, ValueError):
        return cores
    return cores if allowed == "max" else max(1, min(cores, int(allowed) // int(period)))


def _workers(divisor: int) -> int:
    return max(1, min(8, usable_cpus() // divisor))


class ModelServiceSettings(BaseSettings):
    """One process of `python -m services.model_service`."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_", extra="ignore", env_ignore_empty=True)

    model_listen: str = Field(default="127.0.0.1:50051", description="Where to listen, as host:port; port 0 takes a free one.")
    services: Annotated[tuple[Service, ...], NoDecode] = Field(
        default=tuple(Service), description="What to serve, separated by commas; all five by default."
    )

    storyboard_engine: str = Field(
        default="screenwriter",
        description="Engine of Storyboards. Here and below: several, separated by commas, are asked in turn until one answers.",
    )
    keyframe_engine: str = Field(default="painter", description="Engine of Keyframes.")
    clip_engine: str = Field(default="camera", description="Engine of Clips.")
    speech_engine: str = Field(default="auto", description="Engine of Speech; auto is kokoro, or espeak where that cannot load.")
    film_engine: str = Field(default="ffmpeg", description="Engine of Films.")

    storyboard_workers: int = Field(default_factory=partial(_workers, 1), ge=1, description="Storyboards made at once.")
    keyframe_workers: int = Field(default_factory=partial(_workers, 1), ge=1, description="Keyframes made at once.")
    clip_workers: int = Field(default_factory=partial(_workers, 1), ge=1, description="Clips made at once.")
    speech_workers: int = Field(
        default_factory=partial(_workers, 2), ge=1, description="Lines spoken at once; each takes about 0.2 GB while it is spoken."
    )
    film_workers: int = Field(default_factory=partial(_workers, 1), ge=1, description="Films and their parts made at once.")
    queue_limit: int = Field(default=64, ge=0, description="Generations of one service that may wait for a worker.")

    linger_seconds: float = Field(
        default=5.0, ge=0, description="How long a generation goes on when nobody waits for it, so that a caller can come back."
    )
    drain_seconds: float = Field(default=20.0, ge=0, description="How long calls may go on after SIGTERM.")
    scratch_folder: Path | None = Field(
        default=None, description="Where engines keep files while they work; the system's by default."
    )
    metrics_port: int | None = Field(
        default=None, ge=0, le=65535, description="Prometheus metrics on 127.0.0.1 under this port, if set."
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    blank_delay_seconds: float = Field(default=0.0, ge=0, description="How long each generation of the engine blank takes.")

    @field_validator("services", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    def engine(self, service: Service) -> str:
        """The name of the engine behind a service."""
        name: str = getattr(self, f"{_SINGULAR[service]}_engine")
        return name

    def workers(self, service: Service) -> int:
        """Generations of a service that run at once."""
        count: int = getattr(self, f"{_SINGULAR[service]}_workers")
        return count


_SINGULAR = {
    Service.STORYBOARDS: "storyboard",
    Service.KEYFRAMES: "keyframe",
    Service.CLIPS: "clip",
    Service.SPEECH: "speech",
    Service.FILMS: "film",
}
