"""Secrets at rest: sealed by the first key, opened by every one, and never lost to a key that is missing."""

import pytest
from cryptography.fernet import Fernet

from services.adapters.sealing import Seal
from services.core.errors import Unavailable
from services.core.webhooks import new_secret

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_what_is_sealed_is_opened_by_every_key() -> None:
    secret = new_secret()
    kept = Seal(OLD).close(secret)
    assert secret not in kept
    assert not kept.startswith("whsec_")
    for keys in (OLD, f"{NEW}, {OLD}", f"{OLD},{NEW},"):
        assert Seal(keys).open(kept) == secret
        assert Seal(keys).open(secret) == secret, "kept from before there were keys"


@pytest.mark.parametrize("keys", ["", NEW], ids=["none", "another"])
def test_without_its_key_it_stays_shut(keys: str) -> None:
    kept = Seal(OLD).close(new_secret())
    with pytest.raises(Unavailable, match="WEBHOOK_SECRET_KEYS"):
        Seal(keys).open(kept)
    assert Seal(keys).renewed(kept) == kept


def test_a_new_key_replaces_an_old_one() -> None:
    secret = new_secret()
    for kept in (secret, Seal(OLD).close(secret)):
        renewed = Seal(f"{NEW},{OLD}").renewed(kept)
        assert Seal(NEW).open(renewed) == secret
        assert Seal(f"{NEW},{OLD}").renewed(renewed) == renewed


def test_without_keys_nothing_is_sealed() -> None:
    secret = new_secret()
    assert Seal(" , ").close(secret) == Seal("").renewed(secret) == secret


@pytest.mark.parametrize("keys", ["secret", "c2hvcnQ=", f"{OLD},short"], ids=["no base64", "too short", "one too short"])
def test_what_is_no_key_is_refused(keys: str) -> None:
    with pytest.raises(ValueError, match=r"Fernet key|padding|base64"):
        Seal(keys)


def test_nothing_shows_a_key() -> None:
    assert OLD not in repr(Seal(OLD))
    assert OLD not in repr(vars(Seal(OLD)))
