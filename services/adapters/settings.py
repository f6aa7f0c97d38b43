"""Where the outside parts are: one settings class a port, each read from `STORYREEL_*` and passed on explicitly."""

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.core.requests import Service

_CONFIG = SettingsConfigDict(env_prefix="STORYREEL_", extra="ignore", populate_by_name=True)


class StoreSettings(BaseSettings):
    """Postgres."""

    model_config = _CONFIG

    database_url: str = Field(
        default="postgresql://storyreel@127.0.0.1:5432/storyreel",
        validation_alias=AliasChoices("STORYREEL_DATABASE_URL", "DATABASE_URL"),
        description="The Postgres database (17 or newer) that owns everything.",
    )
    database_pool_size: int = Field(
        default=10,
        ge=1,
        description="Connections that one process holds at most; a worker has one more, to hear of webhooks' messages.",
    )


class BrokerSettings(BaseSettings):
    """Kafka."""

    model_config = _CONFIG

    kafka_bootstrap_servers: str = Field(
        default="127.0.0.1:9092",
        validation_alias=AliasChoices("STORYREEL_KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS"),
        description="The Kafka cluster, as host:port, separated by commas.",
    )
    kafka_topic_prefix: str = Field(default="storyreel", description="Topics are <prefix>.operations and <prefix>.events.")
    kafka_partitions: int = Field(default=8, ge=1, description="Partitions of a topic that has to be created.")
    kafka_fetch_max_wait_ms: int = Field(
        default=500,
        ge=1,
        description="How long a fetch may wait. Kafka answers at once when a record comes; the embedded broker does not.",
    )
    kafka_session_timeout_ms: int = Field(default=10_000, ge=1_000, description="A consumer silent for so long is taken for dead.")


class MediaSettings(BaseSettings):
    """The object store."""

    model_config = _CONFIG

    media_url: str = Field(
        default="file:///var/lib/storyreel/media",
        description="Where media are kept: file:///folder, s3://bucket/prefix, gs://… or az://….",
    )


class ModelSettings(BaseSettings):
    """The model services, as the worker calls them."""

    model_config = _CONFIG

    model_address: str = Field(
        default="127.0.0.1:50051", description="The model service, for every service without its own address."
    )
    storyboards_address: str = Field(default="", description="Where Storyboards is served, if elsewhere.")
    keyframes_address: str = Field(default="", description="Where Keyframes is served, if elsewhere.")
    clips_address: str = Field(default="", description="Where Clips is served, if elsewhere.")
    speech_address: str = Field(default="", description="Where Speech is served, if elsewhere.")
    films_address: str = Field(default="", description="Where Films is served, if elsewhere.")
    model_timeout_seconds: float = Field(default=900.0, gt=0, description="Longest time that one call to a model may take.")

    def address(self, service: Service) -> str:
        """host:port of a service."""
        own: str = getattr(self, f"{service.value}_address")
        return own or self.model_address
