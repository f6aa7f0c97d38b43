"""What the command line can be told by the environment."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _data_folder() -> Path:
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "storyreel"


class CliSettings(BaseSettings):
    """The command line and the embedded stack."""

    model_config = SettingsConfigDict(env_prefix="STORYREEL_", extra="ignore", env_ignore_empty=True)

    data: Path = Field(
        default_factory=_data_folder,
        description="The embedded stack's folder: database, media, logs. Default: `storyreel` in the user's data folder.",
    )
    host: str = Field(default="127.0.0.1", description="Where `storyreel up` listens.")
    port: int = Field(default=8080, ge=0, le=65535, description="The port of `storyreel up`; 0 takes any free one.")
    url: str = Field(default="", description="A running gateway for the commands to use, instead of the embedded stack's.")
    user_id: UUID | None = Field(default=None, description="Who the commands act for. Default: one made once for the data folder.")
    lang: str = Field(default="", description="Language of the commands' messages, en or zh. Default: the locale's.")
    start_timeout_seconds: float = Field(default=120.0, gt=0, description="How long the embedded stack may take to become ready.")
    restart_limit: int = Field(default=10, ge=1, description="So many deaths of one part within the window end the stack.")
    restart_window_seconds: float = Field(default=60.0, gt=0, description="The window in which a part's deaths are counted.")
