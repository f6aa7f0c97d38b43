"""How the engines at OpenAI-compatible endpoints, ElevenLabs and CosyVoice are set up, and what all providers' engines share."""

from typing import Any

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


class CompatibleSettings(ProviderSettings):
    """A server that speaks OpenAI's API: OpenAI itself wants a key, one on one's own machine may want none."""

    base_url: str = Field(default="https://api.openai.com/v1", description="The API's address, with its version.")
    model: str = Field(default="", description="The model's name there.")

    def check(self, engine: str) -> None:
        """Raises EngineFailed ENGINE_NOT_CONFIGURED."""
        self.required(engine, base_url=self.base_url, model=self.model)
        if self.base_url == type(self).model_fields["base_url"].default:
            self.required(engine, api_key=self.api_key)


class ImagesSettings(CompatibleSettings):
    """The engine `openai-images` of Keyframes."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_IMAGES_", extra="ignore", env_ignore_empty=True)

    model: str = Field(default="gpt-image-1", description="The model's name there.")
    sizes: str = Field(
        default="1024x1024,1536x1024,1024x1536",
        description="Sizes that the model makes, of which the nearest in shape is asked; empty to ask for the picture's own size.",
    )
    extra: dict[str, Any] = Field(
        default_factory=dict, description='Further fields of the request as JSON, such as {"quality": "medium"}.'
    )
    send_seed: bool = Field(default=False, description="Send the seed, to a server that knows that field.")


class OpenAISpeechSettings(CompatibleSettings):
    """The engine `openai-speech` of Speech."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_TTS_", extra="ignore", env_ignore_empty=True)

    model: str = Field(default="gpt-4o-mini-tts", description="The model's name there.")
    voices: dict[str, str] = Field(
        default_factory=lambda: {"zh-female": "nova", "zh-male": "onyx", "en-female": "nova", "en-male": "onyx"},
        description="The provider's voices as JSON, by zh-female, zh-male, en-female and en-male.",
    )
    format: str = Field(default="pcm", description="pcm (24 kHz), or wav, mp3, flac, opus, where a server has no pcm.")
    instructions: bool = Field(default=True, description="Tell the model the mood in words, where it takes instructions.")


class VideosSettings(CompatibleSettings):
    """The engine `openai-videos` of Clips."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_VIDEOS_", extra="ignore", env_ignore_empty=True)

    model: str = Field(default="sora-2", description="The model's name there.")
    sizes: str = Field(default="1280x720,720x1280", description="Sizes that the model makes; the nearest in shape is asked.")
    seconds: str = Field(default="4,8,12", description="Lengths that the model makes; the shortest that is long enough is asked.")
    send_picture: bool = Field(default=True, description="Send the keyframe as the video's first picture.")


class ElevenLabsSettings(ProviderSettings):
    """The engine `elevenlabs` of Speech."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_ELEVENLABS_", extra="ignore", env_ignore_empty=True)

    base_url: str = Field(default="https://api.elevenlabs.io", description="The API's address.")
    model: str = Field(default="eleven_multilingual_v2", description="The model's id.")
    voices: dict[str, str] = Field(
        default_factory=lambda: (
            dict.fromkeys(("zh-female", "en-female"), "EXAVITQu4vr4xnSDxMaL")
            | dict.fromkeys(("zh-male", "en-male"), "JBFqnCBsd6RMkjVDRZzb")
        ),
        description="Voice ids as JSON, by zh-female, zh-male, en-female and en-male.",
    )


class CosyVoiceSettings(ProviderSettings):
    """The engine `cosyvoice` of Speech."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_COSYVOICE_", extra="ignore", env_ignore_empty=True)

    base_url: str = Field(default="http://127.0.0.1:50000", description="The server's address.")
    rate: int = Field(
        default=22_050,
        ge=8_000,
        le=48_000,
        description="Samples a second of its answer: 22050 of CosyVoice, 24000 of CosyVoice 2 and 3.",
    )
    speakers: dict[str, str] = Field(
        default_factory=lambda: {"zh-female": "中文女", "zh-male": "中文男", "en-female": "英文女", "en-male": "英文男"},
        description="Its speakers as JSON, by zh-female, zh-male, en-female and en-male.",
    )
    prompt_wav: str = Field(
        default="", description="A recording of a few seconds whose voice is to speak, instead of the speakers."
    )
    prompt_text: str = Field(
        default="",
        description="What is said in it (for CosyVoice 3 after `You are a helpful assistant.<|endofprompt|>`); "
        "without it the mood is told in words (CosyVoice 2 and 3).",
    )
