"""How the gateway serves: read from `STORYREEL_*`."""

import hashlib
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from services.adapters.sealing import SealingSettings
from services.adapters.settings import StoreSettings

PARTS = ("database", "broker", "models", "workers", "media")
"""What readiness can look at."""


class GatewaySettings(SealingSettings):
    """One gateway."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_", extra="ignore")

    gateway_host: str = Field(default="127.0.0.1", description="The address to listen on.")
    gateway_port: int = Field(default=8080, ge=0, le=65535, description="The port to listen on; metrics are there too.")
    gateway_grpc_listen: str = Field(default="", description="Where the gateway serves gRPC, as host:port; empty for not at all.")
    gateway_shutdown_seconds: int = Field(
        default=10, ge=0, description="How long requests may go on after SIGTERM; event streams end at once."
    )
    max_body_bytes: int = Field(default=1024 * 1024, ge=1, description="The largest request body.")
    max_story_characters: int = Field(default=20_000, ge=1, description="The longest story.")
    page_size: int = Field(default=50, ge=1, description="Entries of a list's page when the client names no number.")
    max_page_size: int = Field(default=200, ge=1, description="Entries of a list's page at most.")
    page_token_key: SecretStr = Field(
        default=SecretStr(""),
        validate_default=True,
        description="What page tokens are signed with, alike for all replicas; made from the database's URL when empty.",
    )
    max_queued_per_user: int = Field(
        default=1_000, ge=1, description="So many operations of one user may wait; a further one is refused (429) until one starts."
    )
    max_webhooks_per_user: int = Field(default=20, ge=1, description="How many webhooks a user may have.")
    webhook_old_secret_seconds: float = Field(
        default=86_400.0, ge=0, description="How long messages are signed with the old secret too, after it was replaced."
    )
    webhook_allow_http: bool = Field(default=False, description="Whether webhooks may be sent to http:// URLs too.")
    webhook_allow_private: bool = Field(
        default=False, description="Whether webhooks may be sent into private networks and to this machine."
    )
    ready_requires: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("database",),
        description=f"What /readyz needs to answer 200, separated by commas: {', '.join(PARTS)}.",
    )
    ready_timeout_seconds: float = Field(default=1.0, gt=0, description="How long /readyz waits for each part.")
    worker_silence_seconds: float = Field(default=15.0, gt=0, description="A worker silent for so long does not count as alive.")
    live_queue_events: int = Field(
        default=256, ge=1, description="Events that one slow event stream may lag behind before it re-reads the database."
    )
    live_resync_seconds: float = Field(
        default=2.0, gt=0, description="How long a stream or a wait relies on a silent Kafka before it looks into the database."
    )
    live_keepalive_seconds: float = Field(default=15.0, gt=0, description="Between two comments on a silent event stream.")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @field_validator("page_token_key")
    @classmethod
    def _shared(cls, value: SecretStr) -> SecretStr:
        """Replicas serve one database, so its URL is what they have in common without being told."""
        if value.get_secret_value():
            return value
        return SecretStr(hashlib.sha256(f"page tokens of {StoreSettings().database_url}".encode()).hexdigest())

    @field_validator("ready_requires", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value

    @field_validator("ready_requires")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - set(PARTS))
        if unknown:
            raise ValueError(f"unknown part {', '.join(unknown)}; choose from {', '.join(PARTS)}")
        return value
