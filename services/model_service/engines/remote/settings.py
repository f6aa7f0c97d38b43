"""What every engine at a provider is set up with."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.core.errors import EngineFailed
from services.model_service.engines.remote.limits import Limits


class ProviderSettings(BaseSettings):
    """The fields that all providers' settings have; each has its own prefix."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    api_key: SecretStr = Field(default=SecretStr(""), description="The provider's key.")
    timeout_seconds: float = Field(default=600.0, gt=0, description="How long a whole answer, or a whole job, may take.")
    attempts: int = Field(default=4, ge=1, le=20, description="How often a call is tried, where trying again may help.")

    @property
    def limits(self) -> Limits:
        return Limits(answer=self.timeout_seconds, attempts=self.attempts)

    @property
    def bearer(self) -> dict[str, str]:
        """The header of the key; none without one, as for a server on one's own machine."""
        key = self.api_key.get_secret_value()
        return {"authorization": f"Bearer {key}"} if key else {}

    def required(self, engine: str, **fields: object) -> None:
        """Raises EngineFailed ENGINE_NOT_CONFIGURED for the first field that is empty, naming its variable."""
        prefix = str(self.model_config.get("env_prefix", ""))
        for name, value in fields.items():
            if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                hint = str(type(self).model_fields[name].description)
                raise EngineFailed("ENGINE_NOT_CONFIGURED", engine=engine, setting=f"{prefix}{name}".upper(), hint=hint)


class PaidSettings(BaseSettings):
    """What holds for all paid providers."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_", extra="ignore", env_ignore_empty=True)

    resubmit_unknown: bool = Field(
        default=False,
        description="Send a paid request again when it was sent once and its answer was lost: it may be charged twice.",
    )
