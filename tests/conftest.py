"""Fixtures that stand for real parts live in `tests/fixtures`, one module a part."""

import os

import pytest
import structlog
from hypothesis import settings

# The same examples every time, so that a check says yes or no of the code; `HYPOTHESIS_PROFILE=thorough` searches on. Nothing is
# timed, the machine may be busy.
settings.register_profile("quick", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.broker",
    "tests.fixtures.film",
    "tests.fixtures.gateway",
    "tests.fixtures.gateway_app",
    "tests.fixtures.gateway_rpc",
    "tests.fixtures.hand",
    "tests.fixtures.media",
    "tests.fixtures.models",
    "tests.fixtures.worker",
]


@pytest.fixture(autouse=True, scope="session")
def _plain_logs() -> None:
    """One line an event, with a plain traceback: structlog's default draws each frame with its variables, which takes seconds."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
