"""What the engines on a ComfyUI server are set up with."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.model_service.engines.remote.limits import Limits
from services.model_service.engines.remote.settings import ProviderSettings

_LONGEST_CALL = 120.0


class ComfySettings(ProviderSettings):
    """The engine `comfyui` of Keyframes and of Clips."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_COMFYUI_", extra="ignore", env_ignore_empty=True)

    base_url: str = Field(default="http://127.0.0.1:8188", description="The server's address.")
    workflow: Path | None = Field(default=None, description="Keyframes: a workflow file in API format (docs/engines/comfyui.md).")
    clip_workflow: Path | None = Field(default=None, description="Clips: a workflow file in API format that saves a video.")
    timeout_seconds: float = Field(
        default=1800.0, gt=0, description="How long a whole job may take, its wait in the queue included."
    )
    poll_seconds: float = Field(default=2.0, gt=0, description="How often the server is asked when it does not tell by itself.")
    chinese: bool = Field(default=False, description="The workflow's text encoder reads Chinese.")

    @property
    def limits(self) -> Limits:
        return Limits(silence=60.0, answer=min(self.timeout_seconds, _LONGEST_CALL), attempts=self.attempts)
