"""Webhooks' secrets at rest: sealed with a key that only the services have, so that the database alone lets nobody sign.

Fernet (AES-128-CBC and HMAC-SHA256, https://github.com/fernet/spec); of several keys the first one seals, and every one opens.
"""

from functools import cached_property

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from services.core.errors import Unavailable
from services.core.webhooks import SECRET_PREFIX, Secret


class Seal:
    """`keys` are those of the setting, separated by commas; with none, secrets are kept as they are."""

    def __init__(self, keys: str) -> None:
        """Raises ValueError for what is no key: 32 bytes in URL-safe base64."""
        self._keys = [Fernet(key.strip()) for key in keys.split(",") if key.strip()]

    def close(self, secret: Secret) -> Secret:
        """The secret as it is kept."""
        return Secret(self._keys[0].encrypt(secret.encode()).decode()) if self._keys else secret

    def open(self, kept: Secret) -> Secret:
        """The secret itself. Raises Unavailable WEBHOOK_SECRET_SEALED where none of the keys opens it."""
        if kept.startswith(SECRET_PREFIX):
            return kept
        try:
            return Secret(MultiFernet(self._keys).decrypt(kept).decode()) if self._keys else _sealed()
        except InvalidToken:
            return _sealed()

    def renewed(self, kept: Secret) -> Secret:
        """Sealed with the first key; what is so already, or what no key opens, stays as it is."""
        if not self._keys:
            return kept
        try:
            self._keys[0].decrypt(kept)
        except InvalidToken:
            pass
        else:
            return kept
        try:
            return self.close(self.open(kept))
        except Unavailable:
            return kept


class SealingSettings(BaseSettings):
    """The keys, for the settings of whoever seals or opens."""

    webhook_secret_keys: SecretStr = Field(
        default=SecretStr(""),
        description="What webhooks' secrets are sealed with in the database: Fernet keys, separated by commas. The first "
        "one seals, every one opens; with none, secrets are kept as they are.",
    )

    @cached_property
    def seal(self) -> Seal:
        """Raises ValueError as `Seal` does."""
        return Seal(self.webhook_secret_keys.get_secret_value())


def _sealed() -> Secret:
    raise Unavailable("WEBHOOK_SECRET_SEALED")
