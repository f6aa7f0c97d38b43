"""What the engines at Volcano Engine are set up with."""

from enum import StrEnum

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.core.errors import EngineFailed
from services.core.model import Digest
from services.model_service.engines.remote.limits import Limits
from services.model_service.engines.remote.settings import ProviderSettings
from services.model_service.engines.remote.volcano.signing import Credentials, Scope

_LONGEST_CALL = 300.0


class Video(StrEnum):
    """A family of Jimeng's video models."""

    P720 = "720p"
    P1080 = "1080p"
    PRO = "pro"


class Mode(StrEnum):
    """What a clip is made from."""

    AUTO = "auto"
    TEXT = "text"
    FIRST = "first"


class VolcanoSettings(ProviderSettings):
    """The engines `volcano` and `volcano-human` of Clips, and `volcano-images` of Keyframes."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_VOLCANO_", extra="ignore", env_ignore_empty=True, populate_by_name=True)

    api_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("STORYREEL_VOLCANO_API_KEY", "VOLCANO_ACCESS_KEY"),
        description="The access key's id (AccessKeyId).",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("STORYREEL_VOLCANO_SECRET_KEY", "VOLCANO_SECRET_KEY"),
        description="The access key's secret (SecretAccessKey).",
    )
    session_token: SecretStr = Field(default=SecretStr(""), description="The token of a temporary access key.")
    base_url: str = Field(default="https://visual.volcengineapi.com", description="The API's address.")
    region: str = Field(
        default="cn-north-1",
        validation_alias=AliasChoices("STORYREEL_VOLCANO_REGION", "VOLCANO_REGION"),
        description="The region that requests are signed for.",
    )
    service: str = Field(default="cv", description="The service that requests are signed for.")
    timeout_seconds: float = Field(
        default=1800.0, gt=0, description="How long a whole job may take, its wait in the queue included."
    )
    video: Video = Field(default=Video.P720, description="Video models: 720p, 1080p (both Jimeng 3.0) or pro (3.0 Pro, 1080p).")
    mode: Mode = Field(
        default=Mode.AUTO,
        description="auto: a clip begins with its keyframe and ends with the asked last picture; first: with no last one; "
        "text: of its words alone.",
    )
    image_model: str = Field(
        default="jimeng_t2i_v40", description="The req_key of keyframes: jimeng_t2i_v40, jimeng_t2i_v31 or jimeng_t2i_v30."
    )
    media_url: str = Field(
        default="",
        description="A public address at which the provider can read media by their digest, such as "
        "https://example.com/media/{digest}; for what it takes by address alone (references, and all that volcano-human sends).",
    )

    @property
    def limits(self) -> Limits:
        return Limits(answer=min(self.timeout_seconds, _LONGEST_CALL), attempts=self.attempts)

    @property
    def credentials(self) -> Credentials:
        return Credentials(
            self.api_key.get_secret_value(), self.secret_key.get_secret_value(), self.session_token.get_secret_value()
        )

    def check_media_url(self, engine: str) -> None:
        """Raises EngineFailed BAD_ENGINE_SETTING for an address that names no media."""
        if "{digest}" not in self.media_url:
            setting, known = "STORYREEL_VOLCANO_MEDIA_URL", "an address with {digest} in it"
            raise EngineFailed("BAD_ENGINE_SETTING", engine=engine, setting=setting, found=self.media_url, known=known)

    def address(self, digest: Digest) -> str:
        """Where the provider reads the media."""
        return self.media_url.replace("{digest}", digest)

    @property
    def scope(self) -> Scope:
        return Scope(self.region, self.service)
