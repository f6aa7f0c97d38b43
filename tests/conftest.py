"""Fixtures that stand for real parts live in `tests/fixtures`, one module a part."""

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.broker",
    "tests.fixtures.gateway",
    "tests.fixtures.media",
    "tests.fixtures.models",
]
