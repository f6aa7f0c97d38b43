"""What the engine at Gemini is set up with."""

from enum import StrEnum

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.model_service.engines.remote.settings import ProviderSettings


class Safety(StrEnum):
    """From which probability on Gemini's adjustable filters block."""

    LOW = "BLOCK_LOW_AND_ABOVE"
    MEDIUM = "BLOCK_MEDIUM_AND_ABOVE"
    HIGH = "BLOCK_ONLY_HIGH"
    NONE = "BLOCK_NONE"
    OFF = "OFF"


class GeminiSettings(ProviderSettings):
    """The engine `gemini` of Keyframes."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_GEMINI_", extra="ignore", env_ignore_empty=True, populate_by_name=True)

    api_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("STORYREEL_GEMINI_API_KEY", "GEMINI_API_KEY"),
        description="The Gemini API's key.",
    )
    base_url: str = Field(
        default="https://generativelanguage.googleapis.com", description="The API's address, without its version."
    )
    api_version: str = Field(default="v1beta", description="The API's version.")
    model: str = Field(default="gemini-3.1-flash-image", description="An image model, such as gemini-3-pro-image.")
    image_size: str = Field(default="", description="1K, 2K or 4K, for models that take it; empty for the model's own.")
    safety: Safety | None = Field(
        default=None, description="The threshold of the adjustable filters; empty for the provider's own."
    )
    send_seed: bool = Field(default=True, description="Send the seed; the same seed gives a similar picture, not the same one.")
